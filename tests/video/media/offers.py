"""Offers in the shapes of other browsers, made from one of ours: numbers, profiles, levels and places differ."""

import re

# As Safari 17 offers a picture: H.264 in several profiles first, VP8 among them, each with its retransmission.
_SAFARI_VIDEO = """96 H264/90000 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640c1f
97 rtx/90000 apt=96
98 H264/90000 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
99 rtx/90000 apt=98
100 H264/90000 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=640c1f
101 rtx/90000 apt=100
127 H265/90000 level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST
125 rtx/90000 apt=127
108 VP8/90000
109 rtx/90000 apt=108
35 AV1/90000
110 red/90000
113 rtx/90000 apt=110
114 ulpfec/90000"""
# As Firefox 128 does: VP8 first, H.264 twice, numbers of its own.
_FIREFOX_VIDEO = """120 VP8/90000 max-fs=12288;max-fr=60
124 rtx/90000 apt=120
121 VP9/90000 max-fs=12288;max-fr=60
125 rtx/90000 apt=121
126 H264/90000 profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1
127 rtx/90000 apt=126
97 H264/90000 profile-level-id=42e01f;level-asymmetry-allowed=1
98 rtx/90000 apt=97
123 ulpfec/90000
122 red/90000"""
_FIREFOX_AUDIO = """109 opus/48000/2 maxplaybackrate=48000;stereo=1;useinbandfec=1
9 G722/8000/1
0 PCMU/8000
8 PCMA/8000
101 telephone-event/8000/1 0-15"""
_NUMBERED = re.compile(r"a=(rtpmap|fmtp|rtcp-fb):.*\r\n")
_SOURCES = re.compile(r"a=(ssrc|ssrc-group|msid):.*\r\n")


def without_sources(offer: str) -> str:
    """No SSRC is named (RFC 8834 and RFC 9143 ask for none): the first packets tell."""
    return _SOURCES.sub("", offer)


def as_safari(offer: str) -> str:
    return _with(offer, "video", _SAFARI_VIDEO)


def as_firefox(offer: str) -> str:
    """The fingerprint stands once, above all media (RFC 8122, 5), and some lines are Firefox's own."""
    changed = _with(_with(offer, "video", _FIREFOX_VIDEO), "audio", _FIREFOX_AUDIO)
    sha256 = re.search(r"a=fingerprint:sha-256 .*\r\n", changed)
    assert sha256
    changed = re.sub(r"a=fingerprint:.*\r\n", "", changed)
    own = sha256.group() + "a=ice-options:trickle\r\na=msid-semantic:WMS *\r\n"
    return changed.replace("m=", own + "m=", 1)


def number_of(answer: str, codec: str) -> list[int]:
    """The payload types that an answer gives a codec."""
    return [int(found) for found in re.findall(rf"a=rtpmap:(\d+) {codec}/", answer, re.IGNORECASE)]


def _with(offer: str, kind: str, codecs: str) -> str:
    """The media section of this kind with these codecs, each `number name parameters`."""
    head, *sections = re.split(r"(?=^m=)", offer, flags=re.MULTILINE)
    return head + "".join(_changed(one, codecs) if one.startswith(f"m={kind}") else one for one in sections)


def _changed(section: str, codecs: str) -> str:
    lines = [line.split(" ", 2) for line in codecs.splitlines()]
    first, rest = _SOURCES.sub("", _NUMBERED.sub("", section)).split("\r\n", 1)
    described = [f"a=rtpmap:{number} {name}\r\n" for number, name, *_ in lines]
    described += [f"a=fmtp:{line[0]} {line[2]}\r\n" for line in lines if len(line) == 3]
    numbers = " ".join(line[0] for line in lines)
    return f"{' '.join(first.split(' ')[:3])} {numbers}\r\n{rest}{''.join(described)}"
