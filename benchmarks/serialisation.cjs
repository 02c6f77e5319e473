// The part of benchmarks/serialisation.py that Node runs: messages on standard input, rounds as the argument.
const made = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const rounds = Number(process.argv[2]);
const text = { encode: new TextEncoder(), decode: new TextDecoder() };
const formats = {
  "Node `JSON`": [(m) => text.encode.encode(JSON.stringify(m)), (b) => JSON.parse(text.decode.decode(b))],
};
for (const [name, encode, decode] of [["@msgpack/msgpack", "encode", "decode"], ["msgpackr", "pack", "unpack"]]) {
  try {
    const library = require(name);
    formats[`Node \`${name}\``] = [(m) => library[encode](m), (b) => library[decode](b)];
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
  }
}

// CPU time a message in microseconds, the smallest of some rounds.
function cost(work) {
  const times = Array.from({ length: rounds }, () => {
    const start = process.cpuUsage();
    work();
    const used = process.cpuUsage(start);
    return (used.user + used.system) / made.length;
  });
  return Math.min(...times).toFixed(2);
}

console.log(`Node ${process.version}\n\n| format | bytes | encode µs | decode µs |\n| --- | --- | --- | --- |`);
for (const [name, [encode, decode]] of Object.entries(formats)) {
  const raw = made.map((m) => Uint8Array.from(encode(m)));
  if (JSON.stringify(raw.map(decode)) !== JSON.stringify(made)) throw new Error(`${name} changes messages`);
  const size = (raw.reduce((sum, b) => sum + b.length, 0) / made.length).toFixed(0);
  console.log(`| ${name} | ${size} | ${cost(() => made.map(encode))} | ${cost(() => raw.map(decode))} |`);
}
