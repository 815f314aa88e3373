#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Calls a service of a Malla mesh, or hosts one: the command line of malla.mjs and host.mjs.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Host } from "./host.mjs";
import { Malla } from "./malla.mjs";

const usage = `usage: main.mjs [OPTIONS] [--at ENDPOINT] [--deadline SECONDS] SERVICE.CALLBACK [JSON...]
       main.mjs [OPTIONS] [--bind ENDPOINT] --serve SERVICE
options: --join ENDPOINT, a broker or a node that hosts; --cluster NAME; --secret-file FILE`;
const callbacks = {
    echo: { params: ["value"], run: (value) => value },
    add: { params: ["a", "b"], run: (a, b) => a + b },
    upper: { params: ["text"], run: (text) => text.toUpperCase() },
};

async function main(words) {
    const { env } = process, string = { type: "string" };
    const names = ["join", "cluster", "secret-file", "at", "deadline", "bind", "serve"];
    const options = Object.fromEntries(names.map((each) => [each, string]));
    const minus = words.findIndex((word) => /^-\d/.test(word)); // a number: no options from here
    if (minus >= 0) words.splice(minus, 0, "--");
    const { values, positionals: [target, ...args] } = parseArgs({ args: words, options, allowPositionals: true });
    const { at, bind, serve } = values, file = values["secret-file"] ?? env.MALLA_SECRET_FILE;
    const join = [values.join, env.MALLA_BROKER, env.MALLA_PEER, env.MALLA_LOOPBACK].find(Boolean);
    const mesh = { join, cluster: values.cluster ?? env.MALLA_CLUSTER, secret: file && readFileSync(file) };
    if (serve) {
        const host = new Host({ service: serve, callbacks, bind, ...mesh });
        for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => host.stop());
        return host.serve();
    }
    if (!target) throw new TypeError("whom to call?");
    const [service, callback = ""] = target.split(/\.(.*)/);
    const how = { at, deadline: Number(values.deadline ?? 15) }, given = args.map((each) => JSON.parse(each));
    console.log(JSON.stringify(await new Malla(mesh).call(service, callback, given, how)));
}

main(process.argv.slice(2)).catch((error) => {
    console.error(error.identifier ? error.message : `${error.message}\n${usage}`);
    process.exitCode = [1, 3, 7][error.outcome] ?? 2;
});
