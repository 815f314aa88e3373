// SPDX-License-Identifier: Apache-2.0
// A node that hosts a service: it announces it to a rendezvous, and answers those who connect to it.
import { hostname } from "node:os";
import { Publisher, Router } from "zeromq";
import { MAX_BODY, NIL, Status, T, bytes, digest, field, frame, name, parse, u16, u32, u64, u8 } from "./frames.mjs";
import { Link, sender } from "./link.mjs";
import { Node, steady } from "./node.mjs";
import { Service, readCall } from "./service.mjs";

const MAX_PEERS = 10_000;

/** A node with one service; `bind` is the endpoint of its ROUTER and, with another port, of its PUB. */
export class Host extends Node {
    constructor({ service, functions, bind = "tcp://127.0.0.1:*", ...options }) {
        super(options);
        Object.assign(this, { service: new Service(service, functions), bind, offsets: new Map(), draining: false });
        Object.assign(this, { sequence: 1n, beatMs: 500, startedAt: BigInt(Date.now()) });
        this.stopped = new Promise((done) => { this.stop = done; });
    }

    /** Serves until `stop` is called and all calls that came are answered. */
    async run(ready = () => {}) {
        const router = await this.sockets.bound(Router, this.bind);
        const publisher = await this.sockets.bound(Publisher, this.bind);
        Object.assign(this, { address: router.lastEndpoint, published: publisher.lastEndpoint });
        const send = sender(router), publish = sender(publisher);
        this.send = (peer, ...parts) => send([peer, frame(...parts)]);
        this.receive(router);
        this.join();
        ready(this.address);
        const topic = Buffer.from(`d/${this.cluster}\0`);
        const beat = () => {
            if (performance.now() > this.silentAt) this.join();
            publish(bytes(topic, frame(T.DIGEST, digest(this.id, this.sequence))));
            this.link.send(T.PING, u64(0n));
            this.link.send(T.BEAT, bytes(this.id, u64(this.sequence)));
            timer = setTimeout(beat, this.beatMs);
        };
        let timer = setTimeout(beat, this.beatMs);
        await this.stopped;
        await this.leave(() => clearTimeout(timer));
        for (const socket of [this.link, router, publisher, this.sockets]) socket.close();
        this.close();
    }

    async leave(beNoMore) {
        this.draining = true;
        this.announce(this.sequence);
        for (const { peer } of this.offsets.values()) this.send(peer, T.BYE, bytes(this.id, u64(0n)));
        await Promise.all([...this.service.running.values()].map(({ answered }) => answered));
        beNoMore();
        this.link.send(T.BYE, bytes(this.id, u64(this.sequence)));
        await new Promise((done) => { setTimeout(done, 500); });
    }

    /** Connects to the rendezvous, again when it was silent for three beats. */
    join() {
        this.link?.close();
        this.silentAt = performance.now() + Math.max(2000, 3 * this.beatMs);
        const heard = (link, raw, type, r) => {
            this.silentAt = performance.now() + 3 * this.beatMs;
            if (type === T.REFUSED) {
                console.error(`${this.endpoint}: ${Status.read(r).message}`);
                this.silentAt = performance.now() + 2000;
            } else if (type === T.WELCOME) {
                r.take(18);
                this.beatMs = Math.max(10, r.u32());
                this.announce(0n);
            } else if (type === T.ASK) {
                this.announce(0n);
            } else if ((type === T.SUSPECT || type === T.GONE) && r.id().equals(this.id)) {
                this.announce(r.u64());
            }
        };
        this.link = new Link(this.sockets, this.endpoint, { up: () => this.link.send(...this.hello(1)), heard });
    }

    /** Tells the rendezvous what there is, as something newer than `above`. */
    announce(above) {
        if (this.sequence <= above) this.sequence = above + 1n;
        this.link.send(T.ANNOUNCE, this.record());
    }

    record() {
        return bytes(this.id, u64(this.sequence), u64(this.startedAt), u32(process.pid), u32(this.service.running.size),
            u8(1), u8(1), u8(this.draining ? 1 : 0), name(this.label), name(this.cluster), name(hostname()),
            field(1, Buffer.from(this.address)), field(2, Buffer.from(this.published)), field(3, this.service.pack()));
    }

    async receive(router) {
        for await (const [peer, raw, ...more] of router) if (!more.length) this.take(peer, raw);
    }

    /** Answers a frame at once, or begins its call. */
    take(peer, raw) {
        const [type, r, body] = parse(raw);
        try {
            if (raw.toString("latin1", 0, 2) === "ML" && raw.length > 2 && raw[2] !== 1)
                throw Status.of("version_unsupported", `${raw[2]}`);
            if (!r) throw new RangeError("not a frame of version 1");
            if (type === T.CALL) this.begin(peer, r, body);
            else if (type === T.HELLO) this.send(peer, T.WELCOME, this.welcome(r));
            else if (type === T.PING) this.send(peer, T.PONG, bytes(r.take(8), this.id));
            else if (type === T.ASK) this.tell(peer, r);
            else if (type === T.ASK_LISTING) this.send(peer, T.LISTING, bytes(u32(1), this.id, u64(this.sequence)));
            else if (type === T.CANCEL) this.service.cancel(`${peer.toString("hex")} ${r.u64()}`);
        } catch (error) {
            const status = error instanceof Status ? error : Status.of("bad_request");
            const ofCall = type === T.CALL && raw.length >= 16;
            this.send(peer, ofCall ? T.FAILURE : T.REFUSED, bytes(raw.subarray(8, ofCall ? 16 : 8), status.pack()));
        }
    }

    begin(peer, r, body) {
        const key = peer.toString("hex");
        const call = readCall(r, (stamp) => {
            const offset = steady() - stamp, best = this.offsets.get(key)?.best ?? offset;
            if (this.offsets.size >= MAX_PEERS) this.offsets.delete(this.offsets.keys().next().value);
            this.offsets.set(key, { peer, best: offset < best ? offset : best });
            return offset > best ? offset - best : 0n;
        });
        call.node = this;
        try {
            if (![this.id, NIL].some((id) => id.equals(call.target))) throw Status.of("wrong_instance");
            if (this.draining) throw Status.of("draining", call.service);
            this.service.begin(`${key} ${call.number}`, call, body, (...parts) => this.send(peer, ...parts));
        } catch (error) {
            if (!call.oneWay) this.send(peer, T.FAILURE, bytes(u64(call.number), error.pack()));
        }
    }

    welcome(r) {
        const origin = r.id(), lowest = r.u8(), highest = r.u8();
        r.take(1);
        r.name();
        if (lowest > 1 || highest < 1) throw Status.of("version_unsupported", `${lowest}`);
        if (r.name() !== this.cluster) throw Status.of("wrong_cluster", this.cluster);
        if (origin.equals(this.id)) throw Status.of("conflict");
        return bytes(this.id, u8(1), u8(0), u32(this.beatMs), u64(BigInt(MAX_BODY)), name(this.label),
            name(this.cluster), field(2, Buffer.from(this.published)));
    }

    /** Tells who asks of this node; it lists nobody else. */
    tell(peer, r) {
        const count = r.u32();
        for (let left = count; left > 0; --left) {
            const id = r.id();
            if (id.equals(this.id)) this.send(peer, T.ANNOUNCE, this.record());
            else this.send(peer, T.GONE, bytes(id, u64(0n), u16(0)));
        }
        if (count > 0) return;
        this.send(peer, T.ANNOUNCE, this.record());
        this.send(peer, T.SNAPSHOT_END, digest(this.id, this.sequence));
    }
}
