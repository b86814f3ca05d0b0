"""Tables as LaTeX: that they say what they need, and compile."""

import shutil
import subprocess

import pandas as pd
import pytest

from reports import latex
from reports.blocks import Table
from reports.results import read
from reports.views.supervised import tables


def table(shown, caption="Two models, 100 % and n_1 < 3."):
    return Table("two-models", "All models", caption, shown, shown)


def test_a_table_is_escaped_ruled_and_has_a_caption_and_a_label():
    shown = pd.DataFrame({"Model_": ["ntm/straight_through"], "A %": ["−6.1 %"]})
    lines = latex.to_latex(table(shown)).splitlines()
    assert lines == [
        r"% Put \usepackage{booktabs} into the preamble.",
        r"\begin{table}",
        r"\centering",
        r"\caption{All models. Two models, 100 \% and n\_1 $<$ 3.}",
        r"\label{tab:two-models}",
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"Model\_ & A \% \\",
        r"\midrule",
        r"ntm/straight\_through & $-$6.1 \% \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\N{MINUS SIGN}1", "$-$1"),
        ("–", "--"),
        ("1\N{NO-BREAK SPACE}000", "1~000"),
        ("soft → one slot", r"soft $\rightarrow$ one slot"),
        ("σ = 0.1 ± 2", r"$\sigma$ = 0.1 $\pm$ 2"),
        ("λ", r"$\lambda$"),
        ("10⁻³", "10$^-$$^3$"),
        (r"a\b^{~}$x", r"a\textbackslash{}b\textasciicircum{}\{\textasciitilde{}\}\$x"),
        ("two\nlines", "two lines"),
    ],
)
def test_signs_that_latex_has_no_letter_for_become_commands(text, expected):
    assert latex.escape(text) == expected


def test_a_table_that_pdflatex_cannot_print_says_what_can():
    said = latex.to_latex(table(pd.DataFrame({"Model": ["软地址"]})))
    assert "% pdflatex has no font for 地址软: use lualatex" in said
    assert "软地址" in said


def test_a_wide_table_says_how_it_fits(demo):
    assert "resizebox" in latex.to_latex(tables.seeds(read(demo)))


def _has_latex():
    found = shutil.which("pdflatex") and shutil.which("kpsewhich")
    return (
        found and not subprocess.run(["kpsewhich", "booktabs.sty"], capture_output=True).returncode
    )


@pytest.mark.skipif(not _has_latex(), reason="pdflatex and booktabs are not installed")
def test_every_table_of_a_report_compiles(demo, tmp_path):
    results = read(demo)
    made = [tables.models(results), tables.solving(results), tables.seeds(results)]
    body = "\n".join(latex.to_latex(each) for each in made)
    text = (
        rf"\documentclass{{article}}\usepackage{{booktabs}}\begin{{document}}{body}\end{{document}}"
    )
    (tmp_path / "all.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]
