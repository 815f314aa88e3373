// SPDX-License-Identifier: Apache-2.0
// A service that others call: functions by the names of callbacks, each called as run(call, ...arguments).
import { createHash } from "node:crypto";
import { MAX_BODY, NIL, Status, T, bytes, field, name, pairs, u16, u64, u8, utf8 } from "./frames.mjs";

const YEAR_US = 365n * 86_400_000_000n, MAX_CALLS = 1000;

/** What a handler gets to see of a CALL; `delay` gives how much longer it was on its way than others. */
export function readCall(r, delay) {
    const number = r.u64(), origin = r.id(), target = r.id(), rootId = r.id(), rootNumber = r.u64();
    const left = r.u64(), lateness = delay(r.u64()), flags = r.u8(), content = r.u8();
    r.take(2);
    const call = { number, origin, target, json: content === 1, oneWay: (flags & 1) === 1 };
    Object.assign(call, { service: r.name(), name: r.name(), trace: "", caller: "" });
    if (!number || origin.equals(NIL) || content > 1 || !call.service || !call.name) throw new RangeError("not a call");
    call.deadline = performance.now() + Number((left < YEAR_US ? left : YEAR_US) - lateness) / 1000;
    call.root = rootId.equals(NIL) ? bytes(origin, u64(number)) : bytes(rootId, u64(rootNumber));
    const meta = [];
    for (const [tag, field] of r.fields()) {
        if (tag === 1) call.trace = utf8(field.raw);
        if (tag === 2) call.caller = utf8(field.raw);
        if (tag === 3) meta.push([field.name(), utf8(field.raw)]);
    }
    call.meta = Object.fromEntries(meta);
    return call;
}

/**
 * The calls of one service. `functions` has an object for each callback: `params`, JSON schemas by name, `result`, that
 * of the result, and `run`. A handler begins when its call comes; while it computes, nobody else is answered.
 */
export class Service {
    constructor(label, functions) {
        Object.assign(this, { label, functions: new Map(Object.entries(functions)), running: new Map() });
    }

    /** What is announced of it. */
    pack() {
        const callbacks = {};
        for (const [key, { params = {}, result = {} }] of this.functions) {
            const described = Object.entries(params).map(([param, schema]) => ({ name: param, schema }));
            callbacks[key] = JSON.stringify({ params: described, result });
        }
        const content = createHash("sha256").update(JSON.stringify(callbacks)).digest().subarray(0, 8);
        return bytes(name(this.label), u16(1), u16(0), u16(0), u8(1), u8(0), u8(1), content, pairs(1, callbacks));
    }

    /** Begins a call, or throws the Status that refuses it; `answer` gets the type, header and body of its answer. */
    begin(key, call, body, answer) {
        if (call.service !== this.label) throw Status.of("service_not_available", call.service);
        const callback = this.functions.get(call.name);
        if (!callback) throw Status.of("request_op_unknown", call.name);
        if (!call.json) throw Status.of("content_type_invalid");
        if (this.running.size >= MAX_CALLS) throw Status.of("busy", this.label);
        if (call.deadline <= performance.now()) throw Status.of("expired");
        const args = readArguments(body, Object.keys(callback.params ?? {})), aborter = new AbortController();
        call.cancelled = aborter.signal;
        const answered = run(callback, call, args).then((parts) => {
            this.running.delete(key);
            if (!call.oneWay) answer(...parts);
        });
        this.running.set(key, { aborter, answered });
    }

    cancel(key) {
        this.running.get(key)?.aborter.abort();
    }
}

function readArguments(body, names) {
    let given;
    try {
        given = JSON.parse(utf8(body));
    } catch (bad) {
        throw Status.of("syntax_error", bad.message);
    }
    if (Array.isArray(given) && given.length === names.length) return given;
    const keys = given && typeof given === "object" && !Array.isArray(given) ? Object.keys(given) : [];
    if (keys.length === names.length && names.every((each) => Object.hasOwn(given, each)) && !Array.isArray(given)) {
        return names.map((each) => given[each]);
    }
    throw Status.of("invalid_parameters", "", `Invalid parameters: it takes (${names.join(", ")})`);
}

/** Type, header and body of the answer: what the function gives, or what it throws. */
async function run(callback, call, args) {
    const failure = (status) => [T.FAILURE, bytes(u64(call.number), status.pack())];
    try {
        const body = Buffer.from(JSON.stringify(await callback.run(call, ...args) ?? null));
        if (body.length <= MAX_BODY) return [T.REPLY, bytes(u64(call.number), u8(1)), body];
        return failure(Status.of("body_too_large", `${MAX_BODY} bytes`));
    } catch (error) {
        if (!(error instanceof Status)) {
            console.error(error);
            return failure(Status.of("internal_error", error?.name));
        }
        const { identifier, code, outcome, text, data } = error; // a handler ran, whatever its own calls did
        return failure(new Status(identifier, code, outcome === 1 ? 0 : outcome, text, data));
    }
}
