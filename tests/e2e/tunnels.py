#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes a capture with one HTTP exchange through each tunnel and tag that import opens.

usage: tunnels.py FILE

Prints the name of each, which is also the path of its request. Inside, 10.0.0.1 asks 10.0.0.2;
outside, 192.0.2.1 sends to 192.0.2.2 and back.
"""

import struct
import sys

MACS = bytes.fromhex("020000000001020000000002")


def checksum(data):
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ipv4(protocol, payload, back=False, net=(192, 0, 2)):
    a, b = bytes(net + (1,)), bytes(net + (2,))
    if back:
        a, b = b, a
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0, a, b)
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def ipv6(following, payload, back=False, prefix="fd00"):
    a, b = (bytes.fromhex(prefix) + bytes(16 - len(prefix) // 2 - 1) + bytes([n]) for n in (1, 2))
    if back:
        a, b = b, a
    return struct.pack(">IHBB", 6 << 28, len(payload), following, 64) + a + b + payload


def udp(port, payload, back=False, source=50000):
    ports = (port, source) if back else (source, port)
    return ipv4(17, struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload, back)


def ether(ethertype, payload):
    return MACS + struct.pack(">H", ethertype) + payload


def wifi(payload, swapped=False):
    control = bytes.fromhex("0108" if swapped else "0801")
    return (control + b"\0\0" + MACS + bytes.fromhex("0200000000030000") + bytes.fromhex("aaaa030000000800") +
            payload)


def hdr(text):
    return bytes.fromhex(text)


def word(value):
    return struct.pack(">I", value)


IP, IP6, ETHER = 0x0800, 0x86dd, 0x6558
GPE = {"ip": 1, "ipv6": 2, "ethernet": 3, "nsh": 4, "mpls": 5}
NSH = hdr("0fc60201") + bytes(20)  # length 6 words, MD type 2, IPv4

# name: what goes on the wire for an inner IPv4 packet; BACK is true from the server
OVER_UDP = {
    "vxlan": (4789, lambda p: hdr("0800000000000100") + ether(IP, p)),
    "vxlan-gbp": (4789, lambda p: hdr("8800001000000100") + ether(IP, p)),
    "vxlan-gpe-ip": (4790, lambda p: hdr("0c00000100000100") + p),
    "vxlan-gpe-ethernet": (4790, lambda p: hdr("0c00000300000100") + ether(IP, p)),
    "vxlan-gpe-nsh": (4790, lambda p: hdr("0c00000400000100") + NSH + p),
    "geneve-ethernet": (6081, lambda p: hdr("0000655800000100") + ether(IP, p)),
    "geneve-ip-options": (6081, lambda p: hdr("020008000000010001020301aabbccdd") + p),
    "geneve-nsh": (6081, lambda p: hdr("0000894f00000100") + NSH + p),
    "gtpu": (2152, lambda p: hdr("30ff") + struct.pack(">H", len(p)) + word(7) + p),
    "gtpu-sequence": (2152, lambda p: hdr("32ff") + struct.pack(">H", 4 + len(p)) + word(7) + word(1 << 16) + p),
    "gtpu-extensions": (2152, lambda p: hdr("34ff") + struct.pack(">H", 16 + len(p)) + word(7) +
                        hdr("00000085" "01000940" "02000000000000" "00") + p),
    "gtpu-ppp": (2152, lambda p: hdr("30ff") + struct.pack(">H", 4 + len(p)) + word(7) + hdr("ff030021") + p),
    "tzsp-ethernet": (37008, lambda p: hdr("0100000100290400000000280103" "01") + ether(IP, p)),
    "tzsp-wifi": (37008, lambda p: hdr("0100001201") + wifi(p)),
    "l2tp": (1701, lambda p: hdr("400200") + bytes([12 + len(p)]) + word(0x10002) + hdr("ff030021") + p),
    "l2tp-all-fields": (1701, lambda p: hdr("4a02") + struct.pack(">H", 20 + len(p)) + word(0x10002) +
                        hdr("00010000" "0002beef" "ff030021") + p),
    "mpls-udp": (6635, lambda p: word(0x00010140) + p),
    "gre-udp": (4754, lambda p: hdr("00000800") + p),
    "lisp": (4341, lambda p: hdr("8000000100000000") + p),
    "ayiya": (5072, lambda p: hdr("42510104" "60000000") + bytes(16) + bytes(20) + p),
    "capwap-ethernet": (5247, lambda p: hdr("0010000000000000") + ether(IP, p)),
    "vxlan-without-flag": (4789, lambda p: hdr("0000000000000100") + ether(IP, p)),
    "mobile-ip": (434, lambda p: hdr("04040000") + p),
    "batman-gateway": (4306, lambda p: hdr("01") + p),
    "lwapp": (12222, lambda p: hdr("000000000000") + wifi(p)),
    "lwapp-addressed": (12223, lambda p: MACS[:6] + hdr("000000000000") + wifi(p)),
    "lwapp-ethernet": (12220, lambda p: ether(IP, p)),
    "juniper-mirror": (30030, lambda p: word(7) + word(8) + p),
    "juniper-mirror-ppp": (30030, lambda p: word(7) + word(8) + hdr("ff030021") + p),
    "capwap-wifi": (5247, lambda p: hdr("0010030000000000") + wifi(p, swapped=True)),
}
GRE = {
    "gre": lambda p: hdr("00000800") + p,
    "gre-key-sequence": lambda p: hdr("30000800") + word(7) + word(1) + p,
    "gre-checksum": lambda p: hdr("800008000000" "0000") + p,
    "gre-routing": lambda p: hdr("40000800" "00000000" "08000004c0000201" "00000000") + p,
    "nvgre": lambda p: hdr("20006558") + word(7 << 8) + ether(IP, p),
    "gre-pptp": lambda p: hdr("3081880b") + struct.pack(">HH", 4 + len(p), 7) + word(1) + word(1) + hdr("ff030021") + p,
    "erspan-1": lambda p: hdr("000088be") + ether(IP, p),
    "erspan-2": lambda p: hdr("100088be") + word(1) + hdr("1001000100000000") + ether(IP, p),
    "erspan-3": lambda p: hdr("100022eb") + word(1) + hdr("200100010000000000000000") + ether(IP, p),
    "erspan-3-subheader": lambda p: hdr("100022eb") + word(1) + hdr("200100010000000000000001") + bytes(8) + ether(IP, p),
    "eoip": lambda p: hdr("20016400") + struct.pack(">HH", 14 + len(p), 7) + ether(IP, p),
    "wccp": lambda p: hdr("0000883e") + word(0) + p,
    "gre-mpls": lambda p: hdr("00008847") + word(0x00010140) + p,
    "gre-nsh": lambda p: hdr("0000894f") + NSH + p,
    "gre-aruba": lambda p: hdr("00008200") + wifi(p),
    "gre-frame-relay": lambda p: hdr("00006559") + hdr("186103cc") + p,
    "gre-frame-relay-long": lambda p: hdr("00006559") + hdr("1860000103cc") + p,
    "erspan-2-as-3": lambda p: hdr("100022eb") + word(1) + hdr("1001000100000000") + ether(IP, p),
}
PROTOCOLS = {
    "ip-in-ip": (4, lambda p: p),
    "etherip": (97, lambda p: hdr("3000") + ether(IP, p)),
    "etherip-of-old": (97, lambda p: hdr("0300") + ether(IP, p)),
    "udp-lite": (136, lambda p: struct.pack(">HHHH", 50000, 4789, 8, 0) + hdr("0800000000000100") + ether(IP, p)),
    "pim-register": (103, lambda p: hdr("2100") + struct.pack(">H", checksum(hdr("2100000000000000"))) + word(0) + p),
    "mpls-ip": (137, lambda p: word(0x00010140) + p),
    "ethernet-ip": (143, lambda p: ether(IP, p)),
}
ETHERTYPES = {
    "vlan": (0x8100, lambda p: hdr("00050800") + p),
    "qinq": (0x88a8, lambda p: hdr("0005810000060800") + p),
    "pbb": (0x88e7, lambda p: word(7) + ether(IP, p)),
    "vn-tag": (0x8926, lambda p: word(7) + hdr("0800") + p),
    "e-tag": (0x893f, lambda p: hdr("000000010000" "0800") + p),
    "r-tag": (0xf1c1, lambda p: hdr("00000001" "0800") + p),
    "hsr": (0x892f, lambda p: struct.pack(">HH", 6 + len(p), 1) + hdr("0800") + p),
    "metadata": (0x8909, lambda p: hdr("010100010007" "0800") + p),
    "macsec-integrity": (0x88e5, lambda p: hdr("2000") + word(1) + bytes(8) + hdr("0800") + p + bytes(16)),
    "trill": (0x22f3, lambda p: hdr("0004" "0001" "0002") + ether(IP, p)),
    "batman-unicast": (0x4305, lambda p: hdr("400f3200") + MACS[:6] + ether(IP, p)),
    "vmlab": (0x88de, lambda p: hdr("00070000") + MACS[:6] + MACS + hdr("0800") + p),
    "arista-64": (0xd28b, lambda p: hdr("00010010") + bytes(8) + hdr("0800") + p),
    "arista-48": (0xd28b, lambda p: hdr("00010120") + bytes(6) + hdr("0800") + p),
    "gigamon": (0x22e5, lambda p: hdr("0501020304" "0800") + p),
    "lwapp-link": (0x88bb, lambda p: hdr("000000000000") + wifi(p)),
    "centrino": (0x2452, wifi),
    "heartbeat": (0x8988, lambda p: bytes(6) + hdr("0800") + p),
    "nsh": (0x894f, lambda p: NSH + p),
    "mpls": (0x8847, lambda p: word(0x00010040) + word(0x00020140) + p),
    "pseudowire": (0x8847, lambda p: word(0x00010140) + word(0) + ether(IP, p)),
    "pseudowire-without-control-word": (0x8847, lambda p: word(0x00010140) + ether(IP, p)),
    "pppoe": (0x8864, lambda p: hdr("11000001") + struct.pack(">H", 2 + len(p)) + hdr("0021") + p),
    "ppp-bridged": (0x8864, lambda p: hdr("11000001") + struct.pack(">H", 18 + len(p)) + hdr("00310001") + ether(IP, p)),
    "ppp-multilink": (0x8864, lambda p: hdr("11000001") + struct.pack(">H", 8 + len(p)) + hdr("003dc00000010021") + p),
}


def whole():
    """{name: function of an inner packet and its direction, that gives an Ethernet frame}"""
    tunnels = {}
    for name, (port, wrap) in OVER_UDP.items():
        tunnels[name] = lambda p, back, port=port, wrap=wrap: ether(IP, udp(port, wrap(p), back))
    for name, wrap in GRE.items():
        tunnels[name] = lambda p, back, wrap=wrap: ether(IP, ipv4(47, wrap(p), back))
    for name, (protocol, wrap) in PROTOCOLS.items():
        tunnels[name] = lambda p, back, protocol=protocol, wrap=wrap: ether(IP, ipv4(protocol, wrap(p), back))
    for name, (ethertype, wrap) in ETHERTYPES.items():
        tunnels[name] = lambda p, back, ethertype=ethertype, wrap=wrap: ether(ethertype, wrap(p))
    tunnels["ax25"] = lambda p, back: ether(IP, ipv4(93, hdr("9c9c9c9c9c9c60" "9c9c9c9c9c9c61" "03cc") + p, back))
    tunnels["4in6"] = lambda p, back: ether(IP6, ipv6(4, p, back))
    tunnels["shim6"] = lambda p, back: ether(IP6, ipv6(140, hdr("0400800000000000") + p, back))
    # An IPv6 packet inside: 10.0.0.x becomes one.
    tunnels["6in4"] = lambda p, back: ether(IP, ipv4(41, ipv6(6, p[20:], back), back))
    tunnels["teredo"] = lambda p, back: ether(IP, udp(3544, hdr("0000" "1234" "c0000201") + ipv6(6, p[20:], back, "20010000"), back))
    tunnels["teredo-between-clients"] = lambda p, back: ether(IP, udp(50001, ipv6(6, p[20:], back, "20010000"), back))
    return tunnels


def exchange(name, number):
    """(packet, from the server) of one connection"""
    request = f"GET /{name} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    for back, seq, ack, flags, payload in ((0, 100, 0, 2, b""), (1, 900, 101, 0x12, b""), (0, 101, 901, 0x10, b""),
                                           (0, 101, 901, 0x18, request),
                                           (1, 901, 101 + len(request), 0x18, response)):
        ports = (80, 20000 + number) if back else (20000 + number, 80)
        yield ipv4(6, struct.pack(">HHIIBBHHH", *ports, seq, ack, 0x50, flags, 65535, 0, 0) + payload,
                   back, (10, 0, 0)), bool(back)


def main():
    second = 1700000000
    with open(sys.argv[1], "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number, (name, wrap) in enumerate(whole().items()):
            print(name)
            for packet, back in exchange(name, number):
                frame = wrap(packet, back)
                second += 1
                out.write(struct.pack("<IIII", second, 0, len(frame), len(frame)) + frame)


if __name__ == "__main__":
    main()
