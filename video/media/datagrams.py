"""UDP by the kernel's batch calls: all datagrams that have come are fetched by one recvmmsg(2).

Through asyncio each datagram costs two system calls and an address made of text; here an address that was seen before
is found by its octets. Linux only: elsewhere asyncio's own endpoint does the same.
"""

import asyncio
import ipaddress
import socket
import sys
from collections.abc import Callable
from typing import Any

import cffi  # type: ignore[import-untyped]

from video.media.checks import Address

# What a page of the kernel's memory holds twice; nothing that a browser sends is longer than an Ethernet frame.
_LARGEST_BYTES = 2048
_AT_ONCE = 32
_NAME_BYTES = 28
# Strangers invent addresses: what is remembered of them has an end.
_MOST_ADDRESSES = 4096

IS_SUPPORTED = sys.platform == "linux"

_ffi = cffi.FFI()
_ffi.cdef("""
struct iovec { void *iov_base; size_t iov_len; };
struct msghdr {
    void *msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
    void *msg_control; size_t msg_controllen; int msg_flags;
};
struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
int recvmmsg(int, struct mmsghdr *, unsigned int, int, void *);
ssize_t sendto(int, const char *, size_t, int, const char *, unsigned int);
""")
_libc: Any = _ffi.dlopen(None) if IS_SUPPORTED else None


class Datagrams:
    """A bound, non-blocking UDP socket in the running event loop, as much of a transport as `port.Line` uses."""

    def __init__(self, made: socket.socket, take: Callable[[bytes, Address], None]) -> None:
        self._socket, self._take = made, take
        self._number = made.fileno()
        self._is_v6 = made.family == socket.AF_INET6
        self._memory = _ffi.new("char[]", _AT_ONCE * _LARGEST_BYTES)
        self._names = _ffi.new("char[]", _AT_ONCE * _NAME_BYTES)
        self._vectors = _ffi.new("struct iovec[]", _AT_ONCE)
        self._messages = _ffi.new("struct mmsghdr[]", _AT_ONCE)
        self._octets, self._raw = _ffi.buffer(self._memory), _ffi.buffer(self._names)
        for at in range(_AT_ONCE):
            self._vectors[at].iov_base = self._memory + at * _LARGEST_BYTES
            self._vectors[at].iov_len = _LARGEST_BYTES
            head = self._messages[at].msg_hdr
            head.msg_name, head.msg_namelen = self._names + at * _NAME_BYTES, _NAME_BYTES
            head.msg_iov, head.msg_iovlen = self._vectors + at, 1
        self._name_bytes = 28 if self._is_v6 else 16
        self._addresses: dict[bytes, Address] = {}
        self._told: dict[Address, bytes] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._number, self._read)

    def sendto(self, data: bytes, address: Address) -> bool:
        """False when the kernel did not take it: its buffer is full, or there is no way there."""
        name = self._told.get(address) or self._name_of(address)
        sent: int = _libc.sendto(self._number, data, len(data), socket.MSG_DONTWAIT, name, len(name))
        return sent >= 0

    def close(self) -> None:
        if self._number >= 0:
            self._loop.remove_reader(self._number)
            self._number = -1
            self._socket.close()

    def _read(self) -> None:
        count = _libc.recvmmsg(self._number, self._messages, _AT_ONCE, socket.MSG_DONTWAIT, _ffi.NULL)
        messages, octets, raw, addresses = self._messages, self._octets, self._raw, self._addresses
        for at in range(count):
            size, start, name_at = messages[at].msg_len, at * _LARGEST_BYTES, at * _NAME_BYTES
            name = raw[name_at : name_at + self._name_bytes]
            address = addresses.get(name)
            if address is None:
                address = self._address_of(name)
            # A full piece of memory is a datagram that was cut off.
            if size < _LARGEST_BYTES:
                self._take(octets[start : start + size], address)
            if self._number < 0:
                return

    def _address_of(self, name: bytes) -> Address:
        if len(self._addresses) >= _MOST_ADDRESSES:
            self._addresses.clear()
        number = int.from_bytes(name[2:4], "big")
        if self._is_v6:
            flow, scope = int.from_bytes(name[4:8], "big"), int.from_bytes(name[24:28], sys.byteorder)
            found: Address = str(ipaddress.IPv6Address(name[8:24])), number, flow, scope
        else:
            found = socket.inet_ntoa(name[4:8]), number
        self._addresses[name] = found
        return found

    def _name_of(self, address: Address) -> bytes:
        """A sockaddr_in or sockaddr_in6."""
        if len(self._told) >= _MOST_ADDRESSES:
            self._told.clear()
        family, number = self._socket.family.to_bytes(2, sys.byteorder), address[1].to_bytes(2, "big")
        host = socket.inet_pton(self._socket.family, address[0])
        if self._is_v6:
            flow, scope = address[2:] if len(address) == 4 else (0, 0)
            name = family + number + flow.to_bytes(4, "big") + host + scope.to_bytes(4, sys.byteorder)
        else:
            name = family + number + host + bytes(8)
        self._told[address] = name
        return name
