"""Recording at the mirror port, and writing the pcapng that is kept.

What is kept is what was mirrored: frames and times are copied unchanged. Only the file's own
description is written anew, so that it says nothing about the machine that recorded it. With
`vlan_of`, an 802.1Q tag is put into each frame; nothing else of the frame changes.
"""

import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from . import net
from .plant import Plant

SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 0x00000001, 0x00000006


def start(path: Path) -> subprocess.Popen:
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    recorder = subprocess.Popen(
        ["ip", "netns", "exec", net.SENSOR, "dumpcap", "-q", "-i", "mon0", "-w", str(path), "-B", "16"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )
    time.sleep(1.5)
    if recorder.poll() is not None:
        raise SystemExit("lab: dumpcap did not start; is the plant up?")
    return recorder


def stop(recorder: subprocess.Popen) -> None:
    time.sleep(2.0)  # the kernel hands frames over in blocks; the last one must be out
    recorder.send_signal(signal.SIGTERM)
    recorder.wait(timeout=15)


def blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + 12 <= len(data):
        kind, size = struct.unpack_from("<II", data, place)
        yield kind, data[place + 8 : place + size - 4]
        place += size


def packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Time in nanoseconds and frame of each packet block (dumpcap: one interface, nanoseconds)."""
    for kind, body in blocks(data):
        if kind == PACKET:
            _, high, low, size, _ = struct.unpack_from("<IIIII", body)
            yield high << 32 | low, body[20 : 20 + size]


def _resolution(data: bytes) -> int:
    """The recorder's if_tsresol option: the exponent of ten of one time unit."""
    body = next(body for kind, body in blocks(data) if kind == INTERFACE)
    place = 8
    while place + 4 <= len(body):
        code, size = struct.unpack_from("<HH", body, place)
        if code == 9:
            return body[place + 4]
        place += 4 + (size + 3) // 4 * 4
    return 6


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def _block(kind: int, body: bytes) -> bytes:
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def vlan_by_mac(plant: Plant):
    """The zone's VLAN of a frame: every network interface of the plant is in one zone."""
    vlans = {bytes.fromhex(leg.mac.replace(":", "")): leg.zone.vlan for host in plant.hosts.values() for leg in host.legs}
    return lambda frame: vlans[frame[6:12]]


def tagged(frame: bytes, vlan: int) -> bytes:
    return frame[:12] + struct.pack(">HH", 0x8100, vlan) + frame[12:]


def rewrite(source: Path, target: Path, comment: str, vlan_of=None) -> int:
    """Writes the kept file; returns the number of frames."""
    data = source.read_bytes()
    options = _option(1, comment.encode()) + _option(4, b"Sightglass lab") + bytes(4)
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options
    names = _option(2, b"mirror") + _option(9, bytes([_resolution(data)])) + bytes(4)
    parts = [_block(SECTION, section), _block(INTERFACE, struct.pack("<HHI", 1, 0, 262144) + names)]
    count = 0
    for stamp, frame in packets(data):
        if vlan_of is not None:
            frame = tagged(frame, vlan_of(frame))
        head = struct.pack("<IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame), len(frame))
        parts.append(_block(PACKET, head + frame + bytes(-len(frame) % 4)))
        count += 1
    target.write_bytes(b"".join(parts))
    return count


def pack(source: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / (source.name + ".zst")
    subprocess.run(["zstd", "-q", "-19", "-f", str(source), "-o", str(target)], check=True)
    return target
