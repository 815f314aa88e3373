#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Calls the services of a Malla mesh, and hosts one; README.md shows how.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Status } from "./frames.mjs";
import { Host } from "./host.mjs";
import { Node } from "./node.mjs";

const usage = `usage: malla.mjs [OPTIONS] ls
       malla.mjs [OPTIONS] call [--timeout SECONDS] [--meta KEY=VALUE]... SERVICE.CALLBACK [ARGUMENT...|-]
       malla.mjs [OPTIONS] serve [--bind ENDPOINT] SERVICE FILE.mjs
options: --join ENDPOINT, a broker or a node that hosts; --cluster NAME; --name NAME; --secret-file FILE`;

const text = { type: "string" };
const { env } = process;
const named = env.MALLA_BROKER || env.MALLA_PEER || env.MALLA_LOOPBACK || "tcp://127.0.0.1:6255";
const options = {
    join: { ...text, default: named.split(",")[0] },
    cluster: { ...text, default: env.MALLA_CLUSTER || "malla" }, name: { ...text, default: "node" },
    "secret-file": { ...text, default: env.MALLA_SECRET_FILE }, bind: { ...text, default: "tcp://127.0.0.1:*" },
    timeout: { ...text, default: "15" }, meta: { ...text, multiple: true, default: [] },
};

function value(word) {
    try {
        return JSON.parse(word);
    } catch {
        return word;
    }
}

async function serve(how, service, file, bind) {
    const host = new Host({ ...how, service, functions: await import(pathToFileURL(file)), bind });
    for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => host.stop());
    await host.run((address) => console.log("ready", address));
}

async function ls(node) {
    for (const { label, endpoints, services } of await node.nodes()) {
        for (const [service, { takesCalls, callbacks }] of Object.entries(services)) {
            const state = takesCalls ? "serving" : "not serving";
            console.log([service, label, endpoints[0], state, ...Object.keys(callbacks)].join("\t"));
        }
    }
}

async function main() {
    const words = process.argv.slice(2);
    // Whatever follows the second word that is no option is an argument, -3 and --word too.
    const { tokens } = parseArgs({ args: words, options, strict: false, allowPositionals: true, tokens: true });
    const second = tokens.filter(({ kind }) => kind === "positional")[1]?.index ?? words.length;
    const { values, positionals } = parseArgs({ args: words.slice(0, second + 1), options, allowPositionals: true });
    const [command, subject] = positionals, rest = words.slice(second + 1);
    const secret = values["secret-file"] && readFileSync(values["secret-file"]);
    const how = { endpoint: values.join, cluster: values.cluster, label: values.name, secret };
    if (command === "serve" && subject && rest.length === 1) return serve(how, subject, rest[0], values.bind);
    if (!(command === "ls" && !subject) && !(command === "call" && subject?.includes("."))) throw new TypeError(usage);
    const node = new Node(how);
    try {
        if (command === "ls") return await ls(node);
        const meta = Object.fromEntries(values.meta.map((pair) => pair.split("=", 2)));
        for await (const words of rest.join() === "-" ? createInterface({ input: process.stdin }) : [rest]) {
            const args = [words].flat().map(value);
            const result = await node.call(subject, args, { timeoutMs: 1000 * values.timeout, meta });
            console.log(typeof result === "string" ? result : JSON.stringify(result));
        }
    } finally {
        node.close();
    }
}

main().catch((error) => {
    const wrongOption = String(error.code).startsWith("ERR_PARSE_ARGS");
    console.error(wrongOption ? `${error.message}\n${usage}` : error instanceof Status ? error.message : error);
    process.exitCode = error instanceof Status ? [1, 3, 7][error.outcome] : 2;
});
