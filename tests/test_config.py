"""The configuration: everything wrong is said at once, and the example says what the defaults are."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot import config
from bot.errors import ConfigError

TOKEN = "123456:" + "A" * 35


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.upper().startswith("PAPERBOY__"):
            monkeypatch.delenv(name)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    return caught.value.problems


def test_without_a_file_every_key_has_its_default(tmp_path: Path) -> None:
    loaded = config.load(tmp_path / "none.toml")
    assert loaded.store.path == Path("paperboy.db")
    assert loaded.intake.poll_every == timedelta(minutes=15)
    assert loaded.telegram.owners == ()


def test_the_example_file_equals_the_defaults() -> None:
    example = Path(__file__).parent.parent / "config.example.toml"
    assert example.read_text(encoding="utf-8") == config.example()
    assert config.load(example) == config.Config()


def test_every_problem_is_reported_at_once_with_key_found_and_expected(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        [telegram]
        tokn = "x"
        owners = ["Ann"]
        [intake]
        poll_every = "5"
        [articles]
        timezone = "Europe/Berln"
        [delivry]
        x = 1
        """,
    )
    said = problems(path)
    assert [line.removeprefix(f"{path}: ") for line in sorted(said)] == [
        "articles.timezone: found 'Europe/Berln', expected a time zone such as \"Europe/Berlin\"",
        "delivry: no such key; did you mean delivery?",
        'intake.poll_every: found \'5\', expected a duration such as "30s", "15m" or "24h"',
        "telegram.owners: found 'Ann', expected a valid integer, unable to parse string as an integer",
        "telegram.tokn: no such key; did you mean telegram.token?",
    ]


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, '[articles]\ntimezone = "Asia/Tehran"\nlanguage = "de"\n[telegram]\nowners = [3]\n')
    monkeypatch.setenv("PAPERBOY__ARTICLES__TIMEZONE", "Europe/Berlin")
    monkeypatch.setenv("PAPERBOY__TELEGRAM__OWNERS", "1, 2")
    loaded = config.load(path)
    assert loaded.articles.timezone == "Europe/Berlin"
    assert loaded.articles.language == "de"
    assert loaded.telegram.owners == (1, 2)


def test_a_misspelt_variable_is_named_with_the_nearest_known_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERBOY__STOR__URL", "sqlite:///x.db")
    assert problems(tmp_path / "none.toml") == [
        "PAPERBOY__STOR__URL: no such key in the environment; did you mean PAPERBOY__STORE__URL?"
    ]


def test_a_problem_in_the_environment_names_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERBOY__DELIVERY__MESSAGES_PER_SECOND", "many")
    [problem] = problems(write(tmp_path, ""))
    assert problem.startswith("PAPERBOY__DELIVERY__MESSAGES_PER_SECOND: found 'many', expected a valid integer")


def test_a_wrong_token_or_proxy_is_never_repeated_in_the_error(tmp_path: Path) -> None:
    path = write(tmp_path, '[telegram]\ntoken = "123456:secret"\nproxy = "ftp://u:secret@host"\n')
    assert len(problems(path)) == 2
    assert "secret" not in " ".join(problems(path))


def test_a_good_token_is_taken_and_hidden(tmp_path: Path) -> None:
    loaded = config.load(write(tmp_path, f'[telegram]\ntoken = "{TOKEN}"\n'))
    assert loaded.telegram.token.get_secret_value() == TOKEN
    assert TOKEN not in repr(loaded)


@pytest.mark.parametrize("text", ["[telegram", "a = \n", "\udc80"])
def test_a_file_that_is_not_toml_is_one_clear_problem(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    [problem] = problems(path)
    assert problem.startswith(f"{path}: ")


def test_a_section_that_is_not_a_table_is_a_problem_of_its_key(tmp_path: Path) -> None:
    [problem] = problems(write(tmp_path, 'telegram = "x"\n'))
    assert "telegram: found 'x'" in problem


def test_paid_broadcast_raises_the_rate_unless_one_is_set(tmp_path: Path) -> None:
    assert config.load(write(tmp_path, "[delivery]\npaid_broadcast = true\n")).delivery.rate == 1000
    path = write(tmp_path, "[delivery]\npaid_broadcast = true\nmessages_per_second = 30\n")
    assert config.load(path).delivery.rate == 30


@pytest.mark.parametrize("network", ["64:ff9b::/96", "::ffff:0:0/96", "2002::/16"])
def test_a_network_that_stands_for_all_others_cannot_be_allowed(tmp_path: Path, network: str) -> None:
    path = write(tmp_path, f'[intake]\nallow_private_networks = ["10.0.0.0/8", "{network}"]')
    (problem,) = problems(path)
    assert problem.startswith(f"{path}: intake.allow_private_networks: found '{network}', expected the IPv4 network")
