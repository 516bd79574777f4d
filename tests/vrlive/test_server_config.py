from pathlib import Path

import pytest

from vrlive.errors import ConfigError
from vrlive.server_config import Limits, ServerConfig, read_server
from vrlive.units import Ports


def read(folder: Path, text: str) -> ServerConfig:
    (folder / "server.toml").write_text(text, "utf-8")
    return read_server(folder / "server.toml")


def test_nobody_needs_the_file(tmp_path: Path) -> None:
    assert read_server(None) == read_server(None, [tmp_path / "channel.toml"]) == ServerConfig()
    assert ServerConfig().limits == Limits()


def test_it_is_found_beside_the_channels(tmp_path: Path) -> None:
    read(tmp_path, '[network]\nudp_ports = "50000-50099"\n')
    found = read_server(None, [tmp_path / "a.toml", tmp_path / "b.toml"])
    assert found.network.udp_ports == Ports(50_000, 50_099)


def test_two_of_them_are_one_too_many(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        read(tmp_path / name, "")
    with pytest.raises(ConfigError, match="--server"):
        read_server(None, [tmp_path / "a" / "x.toml", tmp_path / "b" / "x.toml"])


def test_its_paths_are_its_own(tmp_path: Path) -> None:
    found = read(tmp_path, '[access]\nsecret_file = "a"\n[ice]\nturn_secret_file = "/etc/b"\n')
    assert found.access.secret_file == str(tmp_path / "a")
    assert found.ice.turn_secret_file == "/etc/b"


def test_one_address_is_a_list_of_one(tmp_path: Path) -> None:
    assert read(tmp_path, '[network]\nannounce_ip = "203.0.113.7"\n').network.announce_ip == ("203.0.113.7",)
    assert read(tmp_path, '[network]\nannounce_ip = ["203.0.113.7", "2001:DB8::1"]\n').network.announce_ip == ("203.0.113.7", "2001:db8::1")


WRONG = {
    '[network]\nudp_ports = "50000"\nudp_port = 3': "udp_ports",
    '[network]\nudp_ports = "51000-50000"': "FIRST-LAST",
    '[network]\nudp_ports = "80-90"': "1024-65535",
    '[network]\nudp_ports = "60000-70000"': "1024-65535",
    "[network]\nudp_ports = 50000": "udp_ports",
    '[network]\nannounce_ip = "example.org"': "such as 203.0.113.7",
    '[network]\nannounce_ip = "0.0.0.0"': "can reach",
    '[network]\nannounce_ip = "127.0.0.1"': "can reach",
    '[network]\ntrusted_proxies = ["*"]': "10.0.0.0/8",
    '[network]\ntrusted_proxies = ["10.0.0.1/8"]': "10.0.0.0/8",
    '[ice]\nstun = ["stun.example.org"]': "stun",
    '[ice]\nstun = ["stun:a.example?transport=udp"]': "STUN",
    '[ice]\nturn = ["turn:a b"]': "turn:turn.example.org",
    '[ice]\nturn = ["turn:a?transport=sctp"]': "turn:turn.example.org",
    '[ice]\nturn = ["turn:a>; rel=evil"]': "turn:turn.example.org",
    '[ice]\nturn = ["stun:a.example"]': "turn",
    '[ice]\nrelay = "only"': "needs a TURN server",
    '[ice]\nturn_secret = "hunter2"': "turn_secret_file",
    '[access]\nwatch = "closed"': "token",
    "[limits]\nsessions = 0": "limits.sessions",
    "[limits]\nsession = 3": "sessions",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said_with_what_would_be_right(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)
    assert WRONG[text] in str(refused.value)
    assert "hunter2" not in str(refused.value)
