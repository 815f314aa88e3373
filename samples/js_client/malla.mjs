// SPDX-License-Identifier: Apache-2.0
// Calls a service of a Malla mesh: a client in one file, written from docs/wire.md, to begin from.
import { createHmac, createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
import { Dealer } from "zeromq";

const HELLO = 1, REFUSED = 3, CALL = 16, REPLY = 17, FAILURE = 18, CANCEL = 19, ANNOUNCE = 48, ASK = 51, SNAPSHOT = 52;
const LOST = ["disconnect", "close", "handshake:error:protocol", "handshake:error:auth", "handshake:error:other"];

export const bytes = (...parts) => Buffer.concat(parts.map((each) => Buffer.from(each)));
export const number = (size, value) => Buffer.from(new BigUint64Array([BigInt(value)]).buffer).subarray(0, size);
export const sized = (content, size = 1) => bytes(number(size, Buffer.byteLength(content)), content);
export const frame = (kind, header, body = "") => bytes("ML\x01", [kind], sized(header, 4), body);

export async function* messages(socket) { for await (const together of socket) yield* together; }

export function split(raw, size = 1) { // what stands behind its length, and what follows it
    const end = size + raw.readUIntLE(0, size);
    if (end > raw.length) throw new RangeError("cut short");
    return [raw.subarray(size, end), raw.subarray(end)];
}

export const status = (code, outcome, identifier, text) => // outcome: 0 answered, 1 not run, 2 perhaps run
    Object.assign(new Error(`${identifier} (${code}): ${text}`), { code, outcome, identifier, text });

function readStatus(raw) {
    const [identifier, rest] = split(raw.subarray(3));
    return status(raw.readUInt16LE(), Math.min(raw[2], 2), `${identifier}`, `${split(rest, 2)[0]}`);
}

function endpoints(record, service) { // of an ANNOUNCE: the best one, or none if calls of the service may not go there
    const found = [];
    let rest = split(split(split(record.subarray(43))[1])[1])[1], takes = false; // behind name, cluster and host
    while (rest.length) {
        const tag = rest[0], [content, behind] = split(rest.subarray(1), 4), label = sized(service);
        const state = label.length + 6, same = label.equals(content.subarray(0, label.length));
        if (tag === 1) found.push(`${content}`);
        if (tag === 3 && same) takes = content.readUInt16LE(state) === 1 && !(record[42] & 1);
        rest = behind;
    }
    return takes ? found.slice(0, 1) : [];
}

function keyPair(secret, whose) {
    const text = Buffer.from(secret).toString("latin1").replace(/^[\t-\r ]+|[\t-\r ]+$/g, "");
    if (text.length < 32) throw new RangeError("a secret has 32 bytes or more");
    const secretKey = createHmac("sha256", Buffer.from(text, "latin1")).update(`malla curve ${whose} 1`).digest();
    const pkcs8 = bytes(Buffer.from("302e020100300506032b656e04220420", "hex"), secretKey); // "this is a key of X25519"
    const pair = createPublicKey(createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }));
    return { secretKey, publicKey: pair.export({ format: "der", type: "spki" }).subarray(-32) };
}

/** A node of the mesh of `join`, a broker or a node that hosts; encrypted if there is a secret. */
export class Malla {
    constructor({ join = "tcp://127.0.0.1:6255", cluster = "malla", name = "node", secret } = {}) {
        Object.assign(this, { join, names: bytes(sized(name), sized(cluster)), id: randomBytes(16), calls: 0n });
        if (secret) this.keys = { server: keyPair(secret, "server"), client: keyPair(secret, "client") };
    }

    dealer(reconnectInterval = -1) {
        const { server, client } = this.keys ?? {};
        const curve = server && {
            curveServerKey: server.publicKey, curvePublicKey: client.publicKey, curveSecretKey: client.secretKey };
        return new Dealer({ immediate: true, linger: 100, maxMessageSize: 9 << 20, reconnectInterval, ...curve });
    }

    async *ask(endpoint, end, ...frames) { // sends them on a new connection; gives type, header and body of what comes
        let problem = status(503, 1, "endpoint_unreachable", `Cannot reach ${endpoint}, or not with this secret`), late;
        const dealer = this.dealer(), connecting = setTimeout(() => dealer.close(), 1000);
        dealer.events.on("handshake", async () => {
            clearTimeout(connecting);
            problem = status(502, 2, "peer_lost", `The connection to ${endpoint} was lost: the call may have run`);
            late = setTimeout(async () => {
                problem = status(504, 2, "deadline_exceeded", "The deadline passed and the call may have run");
                await dealer.send(frame(CANCEL, frames[0].subarray(8, 16))).catch(() => {}); // lost meanwhile
                dealer.close();
            }, end - performance.now());
            for (const each of frames) await dealer.send(each).catch(() => {});
        });
        for (const event of LOST) dealer.events.on(event, () => dealer.close());
        try {
            dealer.connect(endpoint);
            for await (const raw of messages(dealer)) {
                const tooLate = performance.now() >= end; // may be what a handler gave that was cancelled
                if (tooLate || raw.toString("latin1", 0, 3) !== "ML\x01") continue;
                yield [raw[3], ...split(raw.subarray(4), 4)];
            }
        } finally {
            [connecting, late].forEach(clearTimeout);
            dealer.close();
        }
        throw problem;
    }

    /** What the callback gives, or a status; args are an array, or an object by name; `at` is an endpoint, if known. */
    async call(service, callback, args = [], { deadline = 15, at } = {}) {
        const end = performance.now() + 1000 * deadline, found = at ? [at] : [], id = number(8, ++this.calls);
        const hello = frame(HELLO, bytes(this.id, [1, 1, 0], this.names));
        try {
            if (!at) for await (const [kind, header] of this.ask(this.join, end, hello, frame(ASK, number(4, 0)))) {
                if (kind === REFUSED) throw readStatus(header);
                if (kind === SNAPSHOT) break;
                if (kind === ANNOUNCE) found.push(...endpoints(header, service));
            }
            if (!found.length) throw status(503, 1, "service_not_available", `Service '${service}' is not available`);
            const left = Math.max(0, Math.round(1000 * (end - performance.now())));
            const times = bytes(number(8, left), number(8, process.hrtime.bigint() / 1000n));
            const head = bytes(id, this.id, Buffer.alloc(40), times, [0, 1, 0, 0]);
            const request = frame(CALL, bytes(head, sized(service), sized(callback)), JSON.stringify(args));
            const endpoint = found[Math.floor(found.length * Math.random())];
            for await (const [kind, header, body] of this.ask(endpoint, end, request)) {
                if (kind === FAILURE && id.equals(header.subarray(0, 8))) throw readStatus(header.subarray(8));
                if (kind === REPLY && bytes(id, [1]).equals(header.subarray(0, 9))) return JSON.parse(body);
            }
        } catch (error) {
            if (error.identifier || error.errno) throw error; // a status, or an endpoint that is none
            throw status(502, 2, "reply_invalid", `The answer could not be read: ${error.message}`);
        }
    }
}
