"""The reader of ``ws``, under node: what it says of streams of frames."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence

from benchmarks.handshakes.live import node_modules
from ws_mcp.types import Side

PATIENCE = 600  # seconds for all streams
READER = """
const path = require('path');
const folder = path.dirname(require.resolve('ws/package.json'));
const Receiver = require(path.join(folder, 'lib/receiver.js'));
const Deflate = require(path.join(folder, 'lib/permessage-deflate.js'));
const list = JSON.parse(require('fs').readFileSync(0, 'utf8'));
async function read([hex, compressed, isServer]) {
  const extensions = {};
  if (compressed) {
    extensions['permessage-deflate'] = new Deflate({isServer});
    extensions['permessage-deflate'].accept([{}]);
  }
  const receiver = new Receiver({isServer, extensions});
  const told = await new Promise(done => {
    receiver.on('error', error => done(error.message));
    receiver.write(Buffer.from(hex, 'hex'), error => { if (!error) done(''); });
  });
  if (compressed) extensions['permessage-deflate'].cleanup();
  return told;
}
(async () => {
  const told = [];
  for (const stream of list) told.push(await read(stream));
  console.log(JSON.stringify(told));
})();
"""


def ws(streams: Sequence[tuple[bytes, bool, Side]]) -> list[str]:
    """Why ``ws`` refuses each (stream, whether permessage-deflate was agreed, sender), "" where it does not."""
    told = [(data.hex(), compressed, sender is Side.CLIENT) for data, compressed, sender in streams]
    done = subprocess.run(
        ["node", "-e", READER], input=json.dumps(told), capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    found: list[str] = json.loads(done.stdout)
    return found


def installed() -> bool:
    """Whether node and ``ws`` are there: NODE_PATH names the folder."""
    return node_modules() is not None
