"""Settings: a misspelt one stops the start with its name (house 2.10)."""

from pathlib import Path

import pytest

from models import config


def test_defaults_without_environment():
    assert config.load({}) == config.Config()


def test_values_are_read_by_kind(tmp_path):
    found = config.load(
        {"VANTHU_PORT": "9000", "VANTHU_HUB": "true", "VANTHU_DATA": str(tmp_path), "HOME": "/"}
    )
    assert (found.port, found.hub, found.data) == (9000, True, Path(tmp_path))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("VANTHU_PROT", "1", "VANTHU_PROT"), ("VANTHU_PORT", "mot", "số nguyên"), ("VANTHU_PORT", "-1", "số nguyên"),
        ("VANTHU_HUB", "yes", "true hoặc false"), ("VANTHU_MODE", "thu", "real hoặc demo"), ("VANTHU_", "1", "VANTHU_"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_stops_the_start(name, value, words):
    with pytest.raises(config.ConfigError, match=words):
        config.load({name: value})


def test_a_secret_may_lie_in_a_file(tmp_path):
    (tmp_path / "url").write_text("http://tsa.example\n")
    assert config.load({"VANTHU_TSA_URL_FILE": str(tmp_path / "url")}).tsa_url == "http://tsa.example"


def test_every_setting_is_explained():
    for setting in config.fields(config.Config):
        assert setting.metadata["help"].endswith("."), setting.name


def test_settings_do_not_change_while_running():
    with pytest.raises(AttributeError):
        config.Config().port = 1
