"""User names that stand for nobody: in examples, in test data, in images and in routes."""

from __future__ import annotations

from fleetmod.regex import lazy

_NAMES = """
    you me user username name your_name yourname your-name youruser your-user yourusername
    your-username your_username someone somebody anyone someuser x y u a b xxx foo bar example
    mock mocked mockuser mock-user mock_user fake fakeuser fake-user dummy dummyuser sample
    sampleuser placeholder
    test tests tester testuser test-user dev demo fixture redacted redacted_user
    john johndoe john.doe jane janedoe jane.doe
    shared guest root runner node vscode app coder codespace circleci ubuntu ec2-user web_user
    linuxbrew homebridge docs projects components settings
""".split()

# as they are spelled: `you`, `You`, `YOU`
PLACEHOLDERS = frozenset(
    spelled for name in _NAMES for spelled in (name, name.capitalize(), name.upper())
)

# what a person or a script is to put a name in the place of: `__USERNAME__`, `MAC_USER`
_TO_FILL_IN = lazy(r"__\w+__|[A-Z]+(?:[_-][A-Z]+)+")

# people of examples, who are somebody where code has their home alone and no sentence names it
SPECIMENS = frozenset("alice bob carol charlie dave eve mallory trent".split())


def stands_for_nobody(name: str) -> bool:
    """Whether a user's name is one that stands for nobody."""
    return name in PLACEHOLDERS or _TO_FILL_IN.fullmatch(name) is not None
