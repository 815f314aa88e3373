// SPDX-License-Identifier: Apache-2.0
// A service to try: `malla.mjs serve Text text.mjs`. The first argument of each `run` is the call itself.
import { Status } from "./frames.mjs";

const string = { type: "string" }, number = { type: "number" };

export const upper = { params: { s: string }, result: string, run: (call, s) => s.toUpperCase() };

export const echo = { params: { value: {} }, run: (call, value) => value };

/** What a handler sees of its call. */
export const about = {
    result: { type: "object" },
    run: ({ caller, deadline, meta }) => ({ caller, left: (deadline - performance.now()) / 1000, meta }),
};

/** Whether the caller went away before that. */
export const wait = {
    params: { seconds: number }, result: { type: "boolean" },
    run: (call, seconds) => new Promise((done) => {
        console.log("waiting");
        const timer = setTimeout(done, 1000 * seconds, false);
        call.cancelled.addEventListener("abort", () => { clearTimeout(timer); done(true); });
    }),
};

/** What another service gives, in the time that is left and as a part of this call. */
export const ask = {
    params: { target: string, arguments: { type: "array" } },
    run: (call, target, args) => call.node.call(target, args, { within: call }),
};

export const fail = {
    params: { status: string, info: string }, result: { type: "null" },
    run: (call, status, info) => { throw new Status(status, 500, 0, info, { by: "javascript" }); },
};

export const broken = { result: { type: "null" }, run: () => { throw new RangeError("s"); } };
