// SPDX-License-Identifier: Apache-2.0
// Sockets with the options and keys that docs/wire.md wants, and what becomes of a connection.
import { createHmac, createPrivateKey, createPublicKey } from "node:crypto";
import * as zmq from "zeromq";
import { MAX_BODY, MAX_HEADER, frame, parse } from "./frames.mjs";

const LOST = ["disconnect", "close", "handshake:error:protocol", "handshake:error:auth", "handshake:error:other"];

/** Makes sockets for one mesh: an open one, or the encrypted one of those who know its secret. */
export class Sockets {
    constructor(secret) {
        this.options = { context: new zmq.Context(), linger: 100, maxMessageSize: 8 + MAX_HEADER + MAX_BODY };
        if (secret) this.keys = { server: keyPair(secret, "server"), client: keyPair(secret, "client") };
    }

    dealer() {
        const { server, client } = this.keys ?? {};
        const curve = server && {
            curveServerKey: z85(server.publicKey),
            curvePublicKey: z85(client.publicKey), curveSecretKey: z85(client.secretKey),
        };
        return new zmq.Dealer({ ...this.options, immediate: true, ...curve });
    }

    async bound(Kind, endpoint) {
        const { server } = this.keys ?? {};
        if (server) await this.guard();
        const curve = server && { curveServer: true, curveSecretKey: z85(server.secretKey), zapDomain: "malla" };
        const socket = new Kind({ ...this.options, ...curve });
        await socket.bind(endpoint);
        return socket;
    }

    /** Lets libzmq ask of each that connects whether its key is the one. */
    async guard() {
        if (this.asked) return;
        const asked = this.asked = new zmq.Reply(this.options);
        await asked.bind("inproc://zeromq.zap.01");
        (async () => {
            for await (const [version, request, ...rest] of asked) {
                const known = this.keys.client.publicKey.equals(rest.at(-1));
                await asked.send([version, request, known ? "200" : "400", "", "", ""]);
            }
        })();
    }

    close() {
        this.asked?.close();
    }
}

/** A DEALER and its connection; `on` has what to do when it is `up`, at a frame (`heard`), and when it is `lost`. */
export class Link {
    constructor(sockets, endpoint, on) {
        this.socket = sockets.dealer();
        this.up = false;
        const became = (up) => {
            this.up = up;
            (up ? on.up : on.lost)?.(this);
        };
        this.socket.events.on("handshake", () => became(true));
        for (const event of LOST) this.socket.events.on(event, () => became(false));
        this.sender = sender(this.socket);
        this.socket.connect(endpoint);
        this.read(on);
    }

    async read(on) {
        for await (const message of this.socket) {
            try {
                if (message.length === 1) on.heard(this, message[0], ...parse(message[0]));
            } catch (bad) { // in a frame of the other side: it is as if it had not come
                process.emitWarning(bad);
            }
        }
    }

    /** Sends a frame if there is a connection to send it on; whether there was. */
    send(...parts) {
        if (this.up) this.sender(frame(...parts));
        return this.up;
    }

    close() {
        this.up = false;
        this.socket.close();
    }
}

/** Sends in order: zeromq.js wants one to be done before the next begins. */
export function sender(socket) {
    let last = Promise.resolve();
    return (message) => {
        last = last.then(() => socket.send(message)).catch(() => {});
        return last;
    };
}

function keyPair(secret, whose) {
    const text = Buffer.from(secret).toString("latin1").replace(/^[\t-\r ]+|[\t-\r ]+$/g, "");
    if (text.length < 32) throw new RangeError("a secret has 32 bytes or more");
    const secretKey = createHmac("sha256", Buffer.from(text, "latin1")).update(`malla curve ${whose} 1`).digest();
    const prefix = Buffer.from("302e020100300506032b656e04220420", "hex"); // PKCS 8: "this is a key of X25519"
    const privateKey = createPrivateKey({ key: Buffer.concat([prefix, secretKey]), format: "der", type: "pkcs8" });
    return { secretKey, publicKey: createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(-32) };
}

export function z85(key) {
    const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    let text = "";
    for (let at = 0; at < key.length; at += 4) {
        for (let power = 85 ** 4, word = key.readUInt32BE(at); power >= 1; power /= 85) {
            text += digits[Math.floor(word / power) % 85];
        }
    }
    return text;
}
