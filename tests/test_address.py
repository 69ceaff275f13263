"""Which addresses are public, each decided by hand, and which links may be asked."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from timeline.errors import FetchError, ParameterError
from timeline.media.address import Policy, is_public, parse, policy_of
from timeline.media.download import check_url

PUBLIC = """
1.0.0.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0
192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255
203.0.114.0 223.255.255.255 2000:: 2001:200:: 2001:4860:4860::8888 2001:db7:ffff::1 2001:db9::
2606:4700::1111 3ffe:ffff:: 3fff:1000:: ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1
2a00:1450::5efe:808:808 2a00:1450::200:5efe:808:808 2a00:1450::5eff:7f00:1
"""
NOT_PUBLIC = """
0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.100.100.200 100.127.255.255 127.0.0.1
127.255.255.255 169.254.0.0 169.254.169.254 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.8
192.0.0.192 192.0.0.255 192.0.2.1 192.88.99.1 192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255
198.51.100.1 203.0.113.255 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::2 1fff:ffff::
4000:: 5f00::1 100::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 2001::1 2001:1ff:ffff::1 2001:db8::1
2001:db8:ffff:ffff::1 3fff::1 3fff:fff:ffff::1 64:ff9b:1::1 64:ff9b:1::8.8.8.8 ::127.0.0.1 ::8.8.8.8
::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:10.0.0.1 ::ffff:0:8.8.8.8 64:ff9b::127.0.0.1
64:ff9b::10.0.0.1 2002:7f00:1::1 2002:a9fe:a9fe:: 2002:c0a8:1::8.8.8.8 2001:0:808:808::1
2001:0:4136:e378:8000:63bf:3fff:fdd2 2a00:1450::5efe:7f00:1 2a00:1450::200:5efe:c0a8:1 fe80::5efe:808:808
fe80::1%eth0 2606:4700::1111%1 127.1 0177.0.0.1 2130706433 0x7f.1 localhost 8.8.8.8:80 [::1] 8.8.8.8/32
"""
NOT_AN_ADDRESS = ["", " ", " 8.8.8.8", "8.8.8.8\n", "１.1.1.1"]


@pytest.mark.parametrize("address", PUBLIC.split())
def test_a_public_address(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", [*NOT_PUBLIC.split(), *NOT_AN_ADDRESS])
def test_an_address_that_is_not_public(address: str) -> None:
    assert not is_public(address)


JUDGED_INSIDE = [ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16")]
"""Newer Pythons hold all of these for private; we judge the IPv4 address inside."""


@given(st.ip_addresses())
def test_what_python_holds_for_private_is_never_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    """Our table is the stricter one."""
    inner = getattr(address, "ipv4_mapped", None) or address
    if (
        inner.is_private
        or inner.is_loopback
        or inner.is_link_local
        or inner.is_multicast
        or inner.is_reserved
    ):
        assert not is_public(str(address)) or any(address in network for network in JUDGED_INSIDE)


@given(st.ip_addresses(v=4))
def test_an_address_inside_an_address_is_judged_alike(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    for outer in (
        ipaddress.IPv6Address(0xFFFF << 32 | number),
        ipaddress.IPv6Address(0x64FF9B << 96 | number),
        ipaddress.IPv6Address(0x2002 << 112 | number << 80 | 1),
        ipaddress.IPv6Address(0x2A00_1450 << 96 | 0x5EFE << 32 | number),
    ):
        assert is_public(str(outer)) == is_public(str(inner)), outer


@given(st.text())
def test_no_text_breaks_the_judge(text: str) -> None:
    assert is_public(text) in (True, False)


# --- links -----------------------------------------------------------------------------------------------

GOOD_URLS = """
http://media.example/a.mp4
https://media.example/a.mp4?sign=5f&t=6#part
HTTPS://Media.Example:443/%E5%BC%A0.mp4
http://media.example:443/a
https://media.example:80/a
http://media.example
http://media.example?x=1
http://media.example/a@b.mp4
http://media.example/?u=http://127.0.0.1/
http://media.example//etc/../passwd
http://a_b.example/
http://xn--mnchen-3ya.example/
http://8.8.8.8/a
http://[2606:4700::1111]/a
http://[2606:4700::1111]:80/a
http://[::ffff:8.8.8.8]/a
"""
HOSTILE_URLS = """
file:///etc/passwd
file://media.example/etc/passwd
/etc/passwd
etc/passwd
C:\\a.mp4
//media.example/a.mp4
://media.example/a
http:media.example/a
http:/media.example/a
http:///a.mp4
http://
http:
http
https
ftp://media.example/a
gopher://media.example:80/_GET
data:video/mp4;base64,AAAA
javascript:alert(1)
concat:http://media.example/a|file:/etc/passwd
subfile,,start,0,end,9,,:http://media.example/a
cache:http://media.example/a
async:http://media.example/a
hls+http://media.example/a
crypto:http://media.example/a
jar:http://media.example/a!/b
rtmp://media.example/a
unix:/var/run/docker.sock
http+unix://%2Fvar%2Frun%2Fdocker.sock/info
blob:http://media.example/a
view-source:http://media.example/a
httpx://media.example/a
shttp://media.example/a
http://amy@media.example/a
http://amy:secret@media.example/a
http://media.example@127.0.0.1/a
http://media.example:80@127.0.0.1/a
http://media.example%40127.0.0.1/a
http://@media.example/a
http://:@media.example/a
http://media.example:22/a
http://media.example:8080/a
http://media.example:0/a
http://media.example:65536/a
http://media.example:99999/a
http://media.example:000080/a
http://media.example:-80/a
http://media.example:+80/a
http://media.example:8_0/a
http://media.example:/a
http://media.example:http/a
http://media.example:80:80/a
http://:80/a
http://.media.example/a
http://media..example/a
http://media.example./a
http://-media.example/a
http://media-.example/a
http://media.example,127.0.0.1/a
http://media.example;127.0.0.1/a
http://media.example&127.0.0.1/a
http://media.example%00.evil/a
http://%31%32%37.0.0.1/a
http://127.0.0.1%2f@media.example/a
http://$(id)/a
http://`id`/a
http://{a,b}/a
http://*/a
http://[/a
http://]/a
http://[]/a
http://[::1/a
http://::1/a
http://::1]/a
http://[::1]x/a
http://[::1]]/a
http://[[::1]]/a
http://x[::1]/a
http://[::1%25eth0]/a
http://[fe80::1%eth0]/a
http://[v1.a]/a
http://[127.0.0.1]/a
http://[1:2:3]/a
http://[12345::]/a
http://[::ffff:1.2.3.4.5]/a
"""
MORE_HOSTILE_URLS = [
    "",
    " ",
    " http://media.example/a",
    "http://media.example/a ",
    "http://media.example/a b",
    "http://media.example/a\nHost: x",
    "http://media.example/a\r\nRange: bytes=0-",
    "http://media.example\t/a",
    "ht\ntp://media.example/a",
    "http://media.example/\x00",
    "http://media.example/\x7f",
    "http://media.example\\@127.0.0.1/a",
    "http:\\\\media.example\\a",
    "http://media.example/a\\..\\b",
    "http://①②⑦.0.0.1/a",
    "http://127。0。0。1/a",
    "http://media.example/张.mp4",
    "http://mеdia.example/a",
    "ｈttp://media.example/a",
    "http://media.example/\u202ea",
    "http://media.example/\ud800",
    f"http://{'a' * 64}.example/a",
    f"http://{'a.' * 127}aa/a",
    f"http://media.example/{'a' * 4076}",
]


@pytest.mark.parametrize("url", GOOD_URLS.split())
def test_a_usable_link(url: str) -> None:
    check_url(url, Policy())


@pytest.mark.parametrize("url", [*HOSTILE_URLS.split(), *MORE_HOSTILE_URLS])
def test_a_hostile_link(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        check_url(url, Policy())
    message = str(caught.value)
    assert (caught.value.code, caught.value.reason) == ("bad_url", "link not usable")
    assert message.startswith("expected a link") or message.startswith("expected an http or https link")
    assert message.isprintable()
    assert len(message) < 180


def test_the_longest_link() -> None:
    check_url(f"http://media.example/{'a' * 4075}", Policy())


def test_the_longest_names() -> None:
    label = "a" * 63
    check_url(f"http://{label}.{label}.{label}.{'a' * 61}/", Policy())


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080/a"),
        ("store.lab", "http://store.lab:8080/a"),
        ("store.lab", "https://STORE.lab:9443/a"),
        ("[::1]:8080", "http://[0:0::1]:8080/a"),
    ],
)
def test_an_allowed_host_may_have_any_port(entry: str, url: str) -> None:
    target = parse(url, Policy(frozenset({entry})))

    assert target.is_allowed


@pytest.mark.parametrize(
    "url",
    [
        "http://store.lab:8081/a",
        "http://store.lab.evil:8080/a",
        "http://x.store.lab:8080/a",
        "http://store:8080/a",
    ],
)
def test_only_the_named_host_and_port_are_allowed(url: str) -> None:
    with pytest.raises(FetchError, match=r"port 80 or 443.*; allow .* if that is yours"):
        check_url(url, Policy(frozenset({"store.lab:8080"})))


@pytest.mark.parametrize("entry", ["lab", "store", "8080", ":8080", "", "*"])
def test_a_part_of_a_name_allows_nothing(entry: str) -> None:
    assert not parse("http://store.lab/a", Policy(frozenset({entry}))).is_allowed


@pytest.mark.parametrize("port", [0, 65536])
def test_no_policy_allows_a_port_that_there_is_not(port: int) -> None:
    with pytest.raises(FetchError):
        check_url(f"http://store.lab:{port}/a", Policy(frozenset({"store.lab"})))


def test_a_user_name_is_named_as_the_reason() -> None:
    with pytest.raises(FetchError, match=r"^expected a link without a user name, got 'http://...@...'$"):
        check_url("http://amy:secret@media.example/a", Policy())


def test_port_80_of_a_host_allowed_with_another_port_stays_public_only() -> None:
    assert not parse("http://store.lab/a", Policy(frozenset({"store.lab:8080"}))).is_allowed


def test_parts_of_a_link() -> None:
    target = parse("HTTPS://Media.Example/a/b.mp4?t=1&u=/x#end", Policy())

    assert target[1:] == ("https", "media.example", 443, "/a/b.mp4?t=1&u=/x", False, "media.example/a/b.mp4")
    assert parse("http://h:443?t=1", Policy())[1:] == ("http", "h", 443, "/?t=1", False, "h:443")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://media.example/a?token=secret",
        "ftp://media.example/a#secret",
        "http://amy:secret@media.example/a",
        "http://amy:se?cret@media.example/secret",
        "amy:secret@media.example",
        "http:/amy:secret//@media.example",
        "http://media.example:99/a?token=secret@x",
    ],
)
def test_a_refusal_tells_no_secret(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        check_url(url, Policy())
    assert "secret" not in str(caught.value)
    assert "cret@" not in str(caught.value)


@given(st.text() | st.text("htps:/@[]%.?#127ax\\ ").map("http://{}".format) | st.from_regex(r"https?://.*"))
@example("http://[" + ":" * 3000)
@example("http://" + "//" * 2000 + "@")
def test_any_text_is_taken_or_refused(url: str) -> None:
    try:
        target = parse(url, Policy())
    except FetchError:
        return
    assert target.port in (80, 443)
    assert target.path.startswith("/")
    assert f"{target.host}{target.path}{target.where}".isascii()


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("Store.Lab", "store.lab"),
        ("store.lab:080", "store.lab:80"),
        ("[::1]:8080", "[::1]:8080"),
        ("0:0::1", "[::1]"),
    ],
)
def test_a_host_to_allow_is_named_as_links_name_it(name: str, entry: str) -> None:
    assert policy_of([name]).allowed_hosts == {entry}


@pytest.mark.parametrize(
    "name", ["http://store.lab", "store.lab/", "store.lab:abc", "a b", "", "amy@store.lab", "*"]
)
def test_a_host_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ParameterError, match="expected HOST or HOST:PORT"):
        policy_of([name])
