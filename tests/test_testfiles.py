"""Which files are tests or test data, by their names alone."""

from __future__ import annotations

import pytest

from fleetmod.testfiles import is_test

TESTS = """
    a.test.ts a.spec.tsx a_test.go a-test.mjs a.test.data.ts src/a.e2e.ts src/a.bench.ts
    a.stories.tsx src/Button.story.ts fixtures.ts src/fixture.ts a.fixture.ts a.fixtures.mts
    a.mock.ts mocks.ts src/mocks/a.ts __mocks__/a.ts testing/a.ts src/testdata/a.json
    src/__testdata__/a.json __test-data__/a.json lib/__testutils__/a.ts __testfixtures__/a.ts
    __e2e__/a.ts src/__fixture__/a.ts src/__mock__/a.ts __spec__/a.ts src/__test__/a.ts
    test-data/a.ts test-utils.ts src/test_utils/a.ts test-helpers.ts test-helpers.server.ts
    test.data.ts src/test-setup.ts setupTests.ts setup-tests.ts a.test-d.ts login.cy.ts
    vitest.setup.ts jest.setup.js jest.setup.mts vitest.global-setup.ts evals/a.ts
    packages/a/evals/b/c.ts test/a.ts tests/a.ts e2e/a.ts spec/a.ts fixtures/a.ts
    src/a.vitest.ts a.jest.tsx src/a.mocha.mts login.playwright.ts login.pw.ts
    scripts/test_guard.py app/tests/page.test.ts app/tests/helpers.ts pages/api/ping.test.ts
""".split()
CODE = """
    src/latest/a.ts contest.ts attest/a.ts spectrum.ts src/mocksmith/a.ts src/eval/a.ts
    src/cron/specs/a.ts src/providers/mock.ts tools/build-fixture.ts src/commands/test.ts
    src/__generated__/a.ts __latest__/a.ts src/__evals/a.ts
    test-connection.ts src/protest.ts testify.ts src/setup.ts vitest.config.ts bench.ts
    src/app/api/test/route.ts app/spec/[id]/page.tsx src/routes/tests/+server.ts
    pages/api/test/ping.ts vitest.ts jest.config.ts src/vitest.config.mts tools/a.jest.json
    src/test_connection.ts stories.ts fastest.ts src/retest/a.ts cy.ts fixtures-loader.ts
""".split()


@pytest.mark.parametrize("path", TESTS)
def test_tests_and_test_data(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize("path", CODE)
def test_code_that_runs(path: str) -> None:
    assert not is_test(path)
