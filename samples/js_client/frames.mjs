// SPDX-License-Identifier: Apache-2.0
// The frames of docs/wire.md: bytes from values, and values from bytes of which nothing is believed.

export const T = {
    HELLO: 0x01, WELCOME: 0x02, REFUSED: 0x03, CALL: 0x10, REPLY: 0x11, FAILURE: 0x12, CANCEL: 0x13, PING: 0x14,
    PONG: 0x15, ANNOUNCE: 0x30, BEAT: 0x31, BYE: 0x32, ASK: 0x33, SNAPSHOT_END: 0x34, GONE: 0x35, SUSPECT: 0x36,
    DIGEST: 0x37, ASK_LISTING: 0x38, LISTING: 0x39,
};
export const NIL = Buffer.alloc(16), MAX_BODY = 8 << 20, MAX_HEADER = 1 << 18;

/** Of the statuses of docs/wire.md those that a client needs: code, outcome, sentence, name of what it is about. */
const STATUSES = {
    bad_request: [400, 0, "Bad Request", ""],
    content_type_invalid: [400, 0, "Content type is invalid", ""],
    invalid_parameters: [400, 0, "Invalid parameters", ""],
    syntax_error: [400, 0, "Syntax error: '{}'", "field"],
    request_op_unknown: [400, 0, "Request OP unknown: {}", "operation"],
    body_too_large: [413, 0, "The body is too large: {}", "limit"],
    internal_error: [500, 0, "Internal error: {}", ""],
    conflict: [409, 0, "Conflict", ""],
    service_not_available: [503, 1, "Service '{}' is not available", "service"],
    busy: [503, 1, "Service '{}' is busy: its queue is full", "service"],
    draining: [503, 1, "Service '{}' is draining", "service"],
    wrong_instance: [503, 1, "The node that was called is no longer there", ""],
    wrong_cluster: [503, 1, "The node belongs to cluster '{}'", "cluster"],
    cancelled: [499, 1, "Cancelled before it began", ""],
    expired: [408, 1, "The deadline passed before the call began", ""],
    version_unsupported: [505, 1, "Protocol version not supported: {}", "versions"],
    endpoint_unreachable: [503, 1, "Cannot reach {}", "endpoint"],
    deadline_exceeded: [504, 2, "The deadline passed and the call may have run", ""],
    peer_lost: [502, 2, "The connection to node '{}' was lost and the call may have run", "node"],
    reply_invalid: [502, 2, "The node's answer could not be read: {}", "reason"],
};

/** How a call ended that has no value; outcome: 0 answered, 1 not run, 2 nobody knows whether it ran. */
export class Status extends Error {
    constructor(identifier, code, outcome, text, data = {}) {
        super(`${identifier} (${code}): ${text}`);
        Object.assign(this, { identifier, code, outcome, text, data });
    }
    /** One of those in the table; `text` replaces its sentence. */
    static of(identifier, about = "", text = "") {
        const [code, outcome, sentence, key] = STATUSES[identifier];
        const data = key ? { [key]: about } : {};
        return new Status(identifier, code, outcome, text || sentence.replace("{}", () => about), data);
    }
    pack() {
        const text = Buffer.from([...this.text].slice(0, 2000).join(""));
        const head = bytes(u16(this.code), u8(this.outcome), name(this.identifier), u16(text.length), text);
        return bytes(head, pairs(1, this.data));
    }
    static read(r) {
        const code = r.u16(), outcome = r.u8();
        return new Status(r.name(), code, Math.min(outcome, 2), r.text(), r.pairs(1));
    }
}

/** Takes values from the beginning of bytes, and throws when they are not what they must be. */
export class Reader {
    constructor(raw) {
        this.raw = raw;
    }
    take(size) {
        if (size > this.raw.length) throw new RangeError("cut short");
        const taken = this.raw.subarray(0, size);
        this.raw = this.raw.subarray(size);
        return taken;
    }
    u8() { return this.take(1)[0]; }
    u16() { return this.take(2).readUInt16LE(); }
    u32() { return this.take(4).readUInt32LE(); }
    u64() { return this.take(8).readBigUInt64LE(); }
    id() { return this.take(16); }
    text() { return utf8(this.take(this.u16())); }
    name() {
        const text = utf8(this.take(this.u8()));
        if (/[\0-\x1f\x7f-\x9f]/.test(text)) throw new RangeError("not printable");
        return text;
    }
    *fields() {
        while (this.raw.length) yield [this.u8(), new Reader(this.take(this.u32()))];
    }
    pairs(wanted) {
        return Object.fromEntries([...this.fields()].filter(([tag]) => tag === wanted)
            .map(([, field]) => [field.name(), utf8(field.raw)]));
    }
}

/** Type, header and body of a frame; no type if it is to be ignored, no header if it is to be refused. */
export function parse(raw) {
    if (raw.length < 8 || raw.toString("latin1", 0, 3) !== "ML\x01") return [];
    const type = raw[3], end = 8 + raw.readUInt32LE(4), longest = type === T.CALL || type === T.REPLY ? MAX_BODY : 0;
    const bad = end > Math.min(raw.length, 8 + MAX_HEADER) || raw.length - end > longest;
    return [type, bad ? null : new Reader(raw.subarray(8, end)), raw.subarray(end)];
}

export const utf8 = (raw) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
export const bytes = (...parts) => Buffer.concat(parts);
export const u8 = (value) => Buffer.from([value]);
export const u16 = (value) => number(2, (raw) => raw.writeUInt16LE(value));
export const u32 = (value) => number(4, (raw) => raw.writeUInt32LE(value));
export const u64 = (value) => number(8, (raw) => raw.writeBigUInt64LE(value));
export const name = (text) => {
    if (Buffer.byteLength(text) > 128) throw new RangeError(`too long for a name: ${text}`);
    return bytes(u8(Buffer.byteLength(text)), Buffer.from(text));
};
export const field = (tag, raw) => bytes(u8(tag), u32(raw.length), raw);
export const pairs = (tag, values) =>
    bytes(...Object.entries(values).map(([key, value]) => field(tag, bytes(name(key), Buffer.from(value)))));
export const frame = (type, header = NIL.subarray(0, 0), body = NIL.subarray(0, 0)) =>
    bytes(Buffer.from("ML\x01"), u8(type), u32(header.length), header, body);

function number(size, write) {
    const raw = Buffer.alloc(size);
    write(raw);
    return raw;
}

/** The digest of a directory of one record. */
export function digest(id, sequence) {
    const mod = (x) => BigInt.asUintN(64, x);
    const mix = (x) => {
        x = mod(x + 0x9e3779b97f4a7c15n);
        x = mod((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n);
        x = mod((x ^ (x >> 27n)) * 0x94d049bb133111ebn);
        return x ^ (x >> 31n);
    };
    return bytes(u32(1), u64(mix(mix(mix(id.readBigUInt64LE()) ^ id.readBigUInt64LE(8)) ^ sequence)));
}

/** What a node announces of itself. */
export function readRecord(r) {
    const record = { id: r.id(), sequence: r.u64(), startedAt: r.u64(), pid: r.u32(), load: r.u32() };
    r.take(2);
    const draining = (r.u8() & 1) === 1;
    Object.assign(record, { draining, label: r.name(), cluster: r.name(), host: r.name() });
    Object.assign(record, { endpoints: [], services: {} });
    for (const [tag, field] of r.fields()) {
        if (tag === 1) record.endpoints.push(utf8(field.raw));
        if (tag !== 3) continue;
        const service = field.name();
        field.take(6);
        const running = field.u8() === 1, active = field.u8() === 0;
        field.take(9);
        record.services[service] = { takesCalls: running && active && !draining, callbacks: field.pairs(1) };
    }
    return record;
}
