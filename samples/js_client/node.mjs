// SPDX-License-Identifier: Apache-2.0
// A node that calls: it asks a rendezvous who is there, and calls them itself.
import { randomBytes } from "node:crypto";
import {
    MAX_BODY, NIL, Status, T, bytes, field, name, pairs, parse, readRecord, u16, u32, u64, u8, utf8,
} from "./frames.mjs";
import { Link, Sockets } from "./link.mjs";

export const steady = () => process.hrtime.bigint() / 1000n;

/** Somebody on the mesh who calls. */
export class Node {
    constructor({ endpoint = "tcp://127.0.0.1:6255", cluster = "malla", label = "node", secret } = {}) {
        Object.assign(this, { endpoint, cluster, label, sockets: new Sockets(secret), id: randomBytes(16) });
        Object.assign(this, { number: 0n, known: [], links: new Map() });
    }

    hello(flags) {
        return [T.HELLO, bytes(this.id, u8(1), u8(1), u8(flags), name(this.label), name(this.cluster))];
    }

    /** Asks the rendezvous who is there: a list of records. */
    async nodes(limitMs = 5000) {
        const found = [];
        let link;
        const answer = new Promise((done) => {
            const heard = (_, raw, type, r) => {
                if (type === T.WELCOME) link.send(T.ASK, u32(0));
                if (type === T.REFUSED) done(Status.read(r));
                if (type === T.ANNOUNCE) found.push(readRecord(r));
                if (type === T.SNAPSHOT_END) done(found);
            };
            link = new Link(this.sockets, this.endpoint, { up: () => link.send(...this.hello(0)), heard });
        });
        const result = await within(limitMs, answer);
        link.close();
        if (result instanceof Status) throw result;
        if (!result) throw Status.of("endpoint_unreachable", this.endpoint);
        return result;
    }

    /** The result of `Service.callback`, or a Status. `within` is the call that it is part of, if there is one. */
    async call(target, args = [], { timeoutMs = 15_000, meta = {}, within: outer } = {}) {
        const end = Math.min(performance.now() + timeoutMs, outer?.deadline ?? Infinity), dot = target.indexOf(".");
        const [service, callback] = [target.slice(0, dot), target.slice(dot + 1)];
        const body = Buffer.from(JSON.stringify(args));
        if (body.length > MAX_BODY) throw Status.of("body_too_large", `${MAX_BODY} bytes`);
        const names = bytes(name(service), name(callback), field(2, Buffer.from(this.label)), pairs(3, meta),
            outer?.trace ? field(1, Buffer.from(outer.trace)) : NIL.subarray(16));
        const tried = new Set();
        let refused = Status.of("service_not_available", service);
        for (const again of [false, true]) { // those who were there before, then those who are there now
            if (again || !this.known.length) this.known = await this.nodes(end - performance.now());
            for (const record of shuffled(this.known)) {
                const key = record.id.toString("hex");
                if (tried.has(key) || !record.services[service]?.takesCalls || !record.endpoints.length) continue;
                tried.add(key);
                const result = await this.callOn(record, key, end, outer?.root ?? bytes(NIL, u64(0n)), names, body);
                if (!(result instanceof Status)) return result.value;
                if (result.outcome !== 1 || result.identifier === "expired") throw result;
                refused = result;
            }
        }
        throw refused;
    }

    /** One attempt: an object with the value, or a Status. */
    async callOn(record, key, end, root, names, body) {
        const link = this.links.get(key) ?? this.connect(record, key);
        const unreachable = Status.of("endpoint_unreachable", record.endpoints[0]);
        if (!await within(Math.min(1000, end - performance.now()), link.ready)) {
            link.on.lost(link);
            return performance.now() < end ? unreachable : Status.of("expired");
        }
        const number = ++this.number, left = Math.floor((end - performance.now()) * 1000);
        if (left <= 0) return Status.of("expired");
        const answer = new Promise((done) => link.calls.set(number, done));
        const times = bytes(u64(BigInt(left)), u64(steady()));
        const header = bytes(u64(number), this.id, record.id, root, times, u8(0), u8(1), u16(0), names);
        let result = link.send(T.CALL, header, body) ? await within(end - performance.now(), answer) : unreachable;
        if (!result) {
            link.send(T.CANCEL, u64(number));
            const late = await within(50, answer);
            result = late?.outcome === 1 ? Status.of("expired")
                : Status.of("deadline_exceeded");
        }
        link.calls.delete(number);
        if (link.leaving && !link.calls.size) link.close();
        return result;
    }

    /** A connection for the calls to a node, kept until the node leaves or is lost. */
    connect(record, key) {
        const on = {
            up: (link) => link.becameReady(true),
            lost: (link) => {
                if (this.links.get(key) === link) this.links.delete(key);
                const lost = Status.of("peer_lost", record.label);
                for (const done of link.calls.values()) done(lost);
                link.becameReady(false);
                link.close();
            },
            heard: (link, raw, type) => {
                if (type === T.REPLY || type === T.FAILURE) link.calls.get(raw.readBigUInt64LE(8))?.(readAnswer(raw));
                if (type !== T.BYE) return;
                link.leaving = true;
                this.links.delete(key);
                if (!link.calls.size) link.close();
            },
        };
        const link = new Link(this.sockets, record.endpoints[0], on);
        Object.assign(link, { on, calls: new Map(), leaving: false });
        link.ready = new Promise((done) => { link.becameReady = done; });
        this.links.set(key, link);
        return link;
    }

    close() {
        for (const link of this.links.values()) link.close();
        this.links.clear();
    }
}

function readAnswer(raw) {
    try {
        const [type, r, body] = parse(raw);
        r.u64();
        if (type === T.REPLY && r.u8() !== 1) throw new TypeError("not JSON");
        return type === T.FAILURE ? Status.read(r) : { value: JSON.parse(utf8(body)) };
    } catch (bad) {
        return Status.of("reply_invalid", bad.message);
    }
}

function shuffled(list) {
    return list.map((each) => [Math.random(), each]).sort(([a], [b]) => a - b).map(([, each]) => each);
}

/** What the promise gives, or nothing when it takes longer. */
function within(ms, promise) {
    let timer;
    const late = new Promise((done) => { timer = setTimeout(done, Math.max(0, ms)); });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
