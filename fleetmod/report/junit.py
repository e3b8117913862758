"""JUnit XML, as CI servers read it: a test case for each finding, phase and doubt.

There is no standard; this keeps to what Jenkins' xUnit plugin and GitLab take:
https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from fleetmod.gates.check import PASSED
from fleetmod.model import EXEMPT, is_debt
from fleetmod.report.report import Entry, Report

# what is no Char of XML 1.0 (https://www.w3.org/TR/xml/#charsets)
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    suite = ET.Element("testsuite", name=f"fleetmod {report.command}")
    for verdict in report.verdicts:
        case = _case(suite, "gate", f"{verdict.phase}: {verdict.title}")
        if verdict.verdict != PASSED:
            counts = f"{len(verdict.grep)} line(s) by grep, {len(verdict.findings)} finding(s)"
            what = "\n".join((f"{verdict.verdict}: {counts}", *verdict.failures))
            _outcome(case, "failure", verdict.verdict, f"{verdict.verdict}: {counts}", what)
    for entry in report.entries:
        if report.verdicts or is_debt(entry.finding) or entry.finding.suppressed:
            _finding(suite, entry)
    for each in report.unproven:
        _outcome(_case(suite, "unproven", str(each)), "error", "unproven", each.reason)
    for group in report.apart:
        case = _case(suite, "not looked at", f"{group.files} {group.why}")
        ET.SubElement(case, "skipped", message=_clean(str(group)))
    if not len(suite):
        _case(suite, "fleetmod", f"no host-bound debt in {report.scanned} file(s)")
    suite.set("tests", str(len(suite)))
    for name, counted in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{counted}"))))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _finding(suite: ET.Element, entry: Entry) -> None:
    f = entry.finding
    where = f"{f.path}:{f.line}:{f.col}"
    case = _case(suite, f.rule, where)
    case.set("file", _clean(f.path))
    case.set("line", str(f.line))
    if f.known or not is_debt(f):
        why = f.suppressed or "known: it stands in the baseline"
        if f.action == EXEMPT and not f.suppressed:
            why = f"no debt: {f.reason}"
        ET.SubElement(case, "skipped", message=_clean(why))
    else:
        _outcome(case, "failure", f.rule, entry.message, f"{where}\n{f.text}\n")


def _case(suite: ET.Element, group: str, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=_clean(group), name=_clean(name))


def _outcome(case: ET.Element, tag: str, kind: str, message: str, text: str = "") -> None:
    outcome = ET.SubElement(case, tag, type=_clean(kind), message=_clean(message))
    outcome.text = _clean(text or message)


def _clean(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
