"""The proof that nothing forbidden is touched: every address there is listens, and the kernel counts who knocks.

In a network namespace of its own each IPv4 and IPv6 address is this machine's, a name server answers with forbidden
ones, and the kernel's ActiveOpens counts every TCP connection that is begun, whatever its address and port.
"""

import asyncio
import json
import shutil
import socket
import struct
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from bot.errors import FetchError
from bot.intake.fetch import Fetcher

INNER = (
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.8.8", "168.63.129.16",
    "169.254.169.254", "172.16.0.1", "192.0.0.192", "192.168.1.1", "198.18.0.1", "203.0.113.1", "240.0.0.1",
    "::1", "::ffff:10.0.0.1", "::ffff:0:7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::1", "fc00::1", "fd00::1",
    "fd00:ec2::254", "fe80::1", "fec0::1",
)  # fmt: skip
PUBLIC = "8.8.8.8"
WITHIN = ["unshare", "-n", "--", "sh", "-ec"]
SET_UP = (
    "ip link set lo up; ip route add local 0.0.0.0/0 dev lo; ip -6 route add local ::/0 dev lo 2>/dev/null || true; "
    'exec "$@"'
)


def is_possible() -> bool:
    """Whether this machine lets us make a network namespace."""
    if not (sys.platform == "linux" and shutil.which("unshare") and shutil.which("ip")):
        return False
    return subprocess.run([*WITHIN, SET_UP, "sh", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not is_possible(), reason="needs Linux with unshare and ip, and the right to make a namespace")
def test_in_a_network_where_everything_listens_nothing_forbidden_is_touched() -> None:
    program = [sys.executable, "-m", "tests.intake.test_namespace"]
    ran = subprocess.run([*WITHIN, SET_UP, "sh", *program], capture_output=True, text=True, timeout=100, check=False)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    assert found["public"] == {"fetched": 3, "opened": 3, "reached": [PUBLIC]}, "the listeners and the counter work"
    assert found["forbidden"]["tried"] > 250
    assert found["forbidden"]["outcomes"] == {"refused": found["forbidden"]["tried"]}
    assert (found["forbidden"]["opened"], found["forbidden"]["reached"]) == (0, [])
    assert found["redirects"]["outcomes"] == {"refused": found["redirects"]["tried"]}
    assert (found["redirects"]["opened"], found["redirects"]["reached"]) == (found["redirects"]["tried"], [PUBLIC])
    assert found["names"]["outcomes"] == {"refused": found["names"]["tried"]}
    assert (found["names"]["opened"], found["names"]["reached"]) == (0, [])
    assert found["rebinding"] == {"outcomes": ["fetched", "refused", "refused"], "opened": 1, "reached": [PUBLIC]}
    assert found["listed"] == {"outcomes": ["fetched", "refused"], "opened": 1, "reached": ["10.0.0.1"]}


# Within the namespace ---------------------------------------------------------------------------------------------


class Everyone(asyncio.DatagramProtocol):
    """Web servers on all addresses, and the name server: `10-0-0-1.test` is 10.0.0.1, and so on."""

    def __init__(self) -> None:
        self.reached: set[str] = set()
        self._asked: Counter[str] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reached.add(writer.get_extra_info("sockname")[0])
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = request.split(" ")[1]
        if path.startswith("/to?"):
            target = bytes.fromhex(path.removeprefix("/to?"))
            writer.write(b"HTTP/1.1 301 Moved\r\nConnection: close\r\nLocation: " + target + b"\r\n\r\n")
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello")
        writer.close()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        name, place = "", 12
        while length := data[place]:
            name += data[place + 1 : place + 1 + length].decode() + "."
            place += length + 1
        (kind,) = struct.unpack(">H", data[place + 1 : place + 3])
        question = data[12 : place + 5]
        answers = [ip_address(answer) for answer in self._answers(name, kind)]
        packed = [answer.packed for answer in answers if answer.version == {1: 4, 28: 6}.get(kind)]
        records = [b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(record)) + record for record in packed]
        head = data[:2] + struct.pack(">HHHHH", 0x8180, 1, len(records), 0, 0)
        self._transport.sendto(head + question + b"".join(records), addr)

    def _answers(self, name: str, kind: int) -> list[str]:
        label = name.split(".")[0]
        self._asked[f"{label} {kind}"] += 1
        if label == "rebind":
            return [PUBLIC] if self._asked[f"{label} {kind}"] == 1 else ["127.0.0.1"]
        return [part.replace("v", ":").replace("-", ".") for part in label.split("x")]


def opened() -> int:
    """How many TCP connections were begun from this namespace, of IPv4 and IPv6."""
    names, values = [
        line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Tcp:")
    ]
    return int(values[names.index("ActiveOpens")])


def forbidden() -> list[str]:
    """Addresses of INNER in many spellings, on several ports."""
    hosts = ["localhost", "LOCALHOST.", "a.localhost", "0", "127.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1"]
    for text in INNER:
        address = ip_address(text)
        if address.version == 6:
            hosts += [f"[{address}]", f"[{address.exploded}]"]
            continue
        high, low = int(address) >> 16, int(address) & 0xFFFF
        octal = ".".join(f"0{part:o}" for part in address.packed)
        hosts += [text, f"{text}.", str(int(address)), f"0x{int(address):x}", octal, text.replace(".", "。")]
        hosts += [f"[::ffff:{text}]", f"[::{text}]", f"[64:ff9b::{high:x}:{low:x}]", f"[2002:{high:x}:{low:x}::]"]
    urls = [f"http://{host}{port}/" for host in hosts for port in ("", ":8080")]
    urls += [
        f"http://{host}/" for host in ("224.0.0.1", "255.255.255.255", "[ff02::1]", "[fe80::1%25lo]", "[fe80::1%lo]")
    ]
    urls += [f"http://{PUBLIC}:{port}/" for port in (22, 25, 6379, 0, 99999)]
    urls += [f"http://me:secret@{PUBLIC}/", f"http://{PUBLIC}\\@127.0.0.1/", "http://127.0.0.1\\.example.org/"]
    return [*urls, "file:///etc/passwd", "gopher://127.0.0.1:80/_GET", "//127.0.0.1/", "http:127.0.0.1/"]


async def outcome(fetcher: Fetcher, url: str) -> str:
    try:
        await fetcher.get(url)
    except FetchError as error:
        return error.reason
    return "fetched"


async def prove() -> dict[str, Any]:
    everyone = Everyone()
    loop = asyncio.get_running_loop()
    for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        for port in (22, 25, 80, 443, 6379, 8080):
            await asyncio.start_server(everyone.serve, host, port, family=family)
    await loop.create_datagram_endpoint(lambda: everyone, ("0.0.0.0", 53))

    async def counted(fetcher: Fetcher, urls: list[str]) -> dict[str, Any]:
        everyone.reached.clear()
        before = opened()
        outcomes = [await outcome(fetcher, url) for url in urls]
        return {"outcomes": outcomes, "opened": opened() - before, "reached": sorted(everyone.reached)}

    def summed(found: dict[str, Any]) -> dict[str, Any]:
        return {**found, "outcomes": Counter(found["outcomes"]), "tried": len(found["outcomes"])}

    names = [f"{text.replace('.', '-').replace(':', 'v')}.test" for text in INNER]
    mixed = [f"{PUBLIC.replace('.', '-')}x{name}" for name in names]
    async with Fetcher(deadline=timedelta(seconds=10)) as fetcher:
        public = await counted(fetcher, [f"http://{PUBLIC}/", f"http://{PUBLIC}:8080/", "http://8-8-8-8.test/"])
        fetched = public.pop("outcomes").count("fetched")
        targets = [url for url in forbidden() if url.isascii() and "://" in url]
        moved = [f"http://{PUBLIC}/to?{target.encode().hex()}" for target in targets]
        found = {
            "public": {"fetched": fetched, **public},
            "forbidden": summed(await counted(fetcher, forbidden())),
            "redirects": summed(await counted(fetcher, moved)),
            "names": summed(await counted(fetcher, [f"http://{name}/" for name in names + mixed])),
            "rebinding": await counted(fetcher, ["http://rebind.test/"] * 3),
        }
    async with Fetcher(allow_private=["10.0.0.0/24"]) as fetcher:
        found["listed"] = await counted(fetcher, ["http://10.0.0.1/", "http://10.0.1.1/"])
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(prove())))
