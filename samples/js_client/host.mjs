// SPDX-License-Identifier: Apache-2.0
// Hosts a service on a Malla mesh: the other half of malla.mjs, written from docs/wire.md.
import { hostname } from "node:os";
import { Reply, Router } from "zeromq";
import { Malla, bytes, frame, messages, number, sized, split, status } from "./malla.mjs";

const HELLO = 1, WELCOME = 2, CALL = 16, REPLY = 17, FAILURE = 18, PING = 20, PONG = 21, ANNOUNCE = 48, BEAT = 49;
const BYE = 50, GONE = 53, SUSPECT = 54;

/** A node with one service: `callbacks` has params and a function for each; `bind` is an endpoint that others reach. */
export class Host extends Malla {
    constructor({ service, callbacks, bind = "tcp://127.0.0.1:*", ...mesh }) {
        super(mesh);
        Object.assign(this, { service, callbacks, bind, sequence: 1n, draining: false, running: new Set() });
        Object.assign(this, { started: Date.now(), beatMs: 500, sent: Promise.resolve() });
        this.stopped = new Promise((done) => { this.stop = done; });
    }

    /** Hosts until `stop` is called; what came before that is answered. */
    async serve() {
        const secretKey = this.keys?.server.secretKey, guard = new Reply(), link = this.link = this.dealer(100);
        const router = this.router = new Router({ linger: 100, maxMessageSize: 9 << 20 });
        if (secretKey) {
            Object.assign(router, { curveServer: true, curveSecretKey: secretKey, zapDomain: "malla" });
            await guard.bind("inproc://zeromq.zap.01");
            this.letIn(guard);
        }
        await router.bind(this.bind);
        [this.at, link.sendTimeout] = [router.lastEndpoint, 0]; // who is not there gets nothing, at once
        link.connect(this.join);
        this.hear();
        this.listen();
        this.beat();
        console.log("ready", this.at);
        await this.stopped;
        Object.assign(this, { draining: true, sequence: this.sequence + 1n });
        await this.send(link, this.record());
        await Promise.all(this.running);
        clearTimeout(this.timer);
        await this.send(link, frame(BYE, bytes(this.id, number(8, this.sequence))));
        await new Promise((done) => { setTimeout(done, 500); }); // callers receive what is on its way
        for (const each of [router, guard, link]) each.close();
    }

    record() { // what is announced
        const callbacks = Object.entries(this.callbacks).map(([name, { params }]) => {
            const described = { params: params.map((each) => ({ name: each, schema: {} })), result: {} };
            return bytes([1], sized(bytes(sized(name), JSON.stringify(described)), 4));
        });
        const kind = [1, 0, 0, 0, 0, 0, 1, 0, 1]; // version 1.0.0, running, active, concurrent
        const service = bytes(sized(this.service), kind, number(8, 1), ...callbacks);
        const times = bytes(number(8, this.sequence), number(8, this.started), number(4, process.pid));
        const state = bytes(number(4, this.running.size), [1, 1, this.draining ? 1 : 0], this.names, sized(hostname()));
        return frame(ANNOUNCE, bytes(this.id, times, state, [1], sized(this.at, 4), [3], sized(service, 4)));
    }

    send(socket, message) { // one at a time, as a socket wants it; who is not there gets nothing
        return this.sent = this.sent.then(() => socket.send(message)).catch(() => {});
    }

    beat() { // ZeroMQ connects anew by itself, and HELLO comes first then: so does each beat
        const hello = frame(HELLO, bytes(this.id, [1, 1, 1], this.names));
        const alive = frame(BEAT, bytes(this.id, number(8, this.sequence)));
        for (const each of [hello, this.record(), alive]) this.send(this.link, each);
        this.timer = setTimeout(() => this.beat(), this.beatMs);
    }

    async hear() {
        for await (const raw of messages(this.link)) {
            if (raw[3] === WELCOME && raw.length > 30) this.beatMs = Math.max(10, raw.readUInt32LE(26));
            const gone = [SUSPECT, GONE].includes(raw[3]) && raw.length >= 32 && this.id.equals(raw.subarray(8, 24));
            if (gone && this.sequence <= raw.readBigUInt64LE(24)) this.sequence = raw.readBigUInt64LE(24) + 1n;
        }
    }

    async letIn(guard) { // those whose key is that of the secret's clients
        for await (const [version, request, ...rest] of guard) {
            const known = this.keys.client.publicKey.equals(rest.at(-1));
            await guard.send([version, request, known ? "200" : "400", "", "", ""]);
        }
    }

    async listen() {
        for await (const [peer, ...together] of this.router) for (const raw of together) {
            if (raw[3] === PING) this.send(this.router, [peer, frame(PONG, bytes(raw.subarray(8, 16), this.id))]);
            if (raw[3] !== CALL || raw.length < 96) continue;
            const answered = this.run(raw).then((reply) => raw[88] & 1 || this.send(this.router, [peer, reply]));
            this.running.add(answered);
            answered.finally(() => this.running.delete(answered));
        }
    }

    async run(raw) { // what a CALL ends as
        const id = raw.subarray(8, 16);
        let begun = false;
        try {
            const [header, body] = split(raw.subarray(4), 4), [service, rest] = split(header.subarray(84));
            const [name] = split(rest), target = header.subarray(24, 40);
            const callback = Object.hasOwn(this.callbacks, name) && this.callbacks[name];
            for (const [refused, ...why] of [
                [!target.equals(this.id) && target.some(Boolean), 503, 1, "wrong_instance", "It is no longer there"],
                [this.draining, 503, 1, "draining", `Service '${this.service}' is draining`],
                [`${service}` !== this.service, 503, 1, "service_not_available", `It is not '${service}'`],
                [!callback, 400, 0, "request_op_unknown", `Request OP unknown: ${name}`],
                [header[81] !== 1, 400, 0, "content_type_invalid", "Content type is invalid: it takes JSON"],
            ]) if (refused) throw status(...why);
            const { params, run } = callback, given = JSON.parse(body);
            const args = Array.isArray(given) ? given : params.map((each) => given?.[each]);
            if (args.length !== params.length || args.includes(undefined))
                throw status(400, 0, "invalid_parameters", `Invalid parameters: it takes (${params.join(", ")})`);
            begun = true;
            return frame(REPLY, bytes(id, [1]), JSON.stringify(await run(...args) ?? null));
        } catch (error) { // whatever it is, the caller is told; what another call ended as is no longer "not run"
            const { code = 500, outcome = 0, identifier = "internal_error", text = `Internal error: ${error}` } = error;
            const head = bytes(id, number(2, code), [begun ? outcome & 2 : outcome], sized(identifier));
            return frame(FAILURE, bytes(head, sized(text.slice(0, 999), 2)));
        }
    }
}
