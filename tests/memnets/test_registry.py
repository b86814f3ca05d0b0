"""Look-up by name: the order, the hints, the clashes, and plug-ins that break only themselves."""

import subprocess
import sys
from pathlib import Path

import pytest

from memnets.registry import (
    BrokenPlugin,
    NameTaken,
    Registry,
    UnknownName,
    cells,
    controllers,
    estimators,
    resolve,
)

HOME = '''
from memnets.registry import Registry

things = Registry("memnets.things", home="{home}")


@things.register("spoon")
class Spoon:
    """To stir with.

    Not to cut with.
    """
'''


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder on the path, into which `distribution` puts what a plug-in's wheel would."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").is_relative_to(tmp_path):
            del sys.modules[name]


def distribution(site, name, group, entries, **modules):
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"[{group}]", *(f"{key} = {value}" for key, value in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    for module, source in modules.items():
        (site / f"{module}.py").write_text(source)


@pytest.mark.parametrize("registry", [cells, estimators, controllers])
def test_every_name_resolves_and_has_a_summary_of_one_line(registry):
    assert list(registry) == sorted(registry)
    for name in registry:
        assert name in registry
        assert callable(registry.get(name))
        assert registry.summary(name)
        assert "\n" not in registry.summary(name)


def test_a_builtin_is_found_by_its_decorator_and_loaded_when_asked_for(site):
    (site / "drawer.py").write_text(HOME.format(home="drawer"))
    things = Registry("memnets.things", home="drawer")
    assert list(things) == ["spoon"]
    assert things.summary("spoon") == "To stir with."
    assert "drawer" not in sys.modules
    assert things.get("spoon").__name__ == "Spoon"
    assert "drawer" in sys.modules


def test_what_this_process_registered_comes_first():
    things = Registry("memnets.things", home="memnets.no_such_home")

    @things.register("fork")
    def fork():
        """To pick with."""

    assert things.get("fork") is fork
    assert things.summary("fork") == "To pick with."
    assert "fork" in things and list(things) == ["fork"]
    things.register("fork")(fork)


def test_a_reference_names_any_object():
    assert cells.get("collections:OrderedDict").__name__ == "OrderedDict"
    assert resolve("math:pi") > 3


@pytest.mark.parametrize("reference", ["math:tau_prime", "no_such_module:x", ":x", "math:"])
def test_a_reference_to_nothing_is_an_unknown_name(reference):
    with pytest.raises(UnknownName, match="does not name anything") as unknown:
        cells.get(reference)
    assert "\n" not in str(unknown.value)


def test_an_unknown_name_is_answered_with_the_group_and_the_nearest_name():
    with pytest.raises(UnknownName) as near:
        cells.get("ntn")
    assert str(near.value).startswith("memnets.cells: no 'ntn'. Did you mean 'ntm'")
    with pytest.raises(UnknownName) as far:
        estimators.get("xyzzy")
    assert f"Known: {', '.join(estimators)}." in str(far.value)


def test_two_registrations_of_one_name_are_refused_with_both_owners():
    things = Registry("memnets.things", home="memnets.no_such_home")

    @things.register("knife")
    class First: ...

    with pytest.raises(NameTaken) as taken:

        @things.register("knife")
        class Second: ...

    for owner in ("First", "Second"):
        assert owner in str(taken.value)
    assert things.get("knife") is First


def test_a_builtins_name_cannot_be_registered_by_another():
    with pytest.raises(NameTaken, match="memnets.cells.ntm:NTM and by .*Mine"):

        @cells.register("ntm")
        class Mine: ...


def test_two_builtins_of_one_name_are_refused(site):
    (site / "shelf").mkdir()
    (site / "shelf" / "__init__.py").write_text("")
    for module in ("one", "two"):
        (site / "shelf" / f"{module}.py").write_text(HOME.format(home="shelf"))
    with pytest.raises(NameTaken, match="shelf.one and by shelf.two"):
        list(Registry("memnets.things", home="shelf"))


def test_two_plugins_of_one_name_are_refused_with_both_distributions(site):
    distribution(site, "alpha", "memnets.cells", {"pot": "alpha_pot:Pot"})
    distribution(site, "beta", "memnets.cells", {"pot": "beta_pot:Pot"})
    with pytest.raises(NameTaken) as taken:
        cells.get("pot")
    assert "distribution alpha" in str(taken.value)
    assert "distribution beta" in str(taken.value)
    assert cells.get("ntm")


def test_a_plugin_that_claims_a_builtins_name_is_refused_with_both_owners(site):
    (site / "drawer.py").write_text(HOME.format(home="drawer"))
    distribution(site, "gamma", "memnets.things", {"spoon": "gamma_spoon:Spoon"})
    with pytest.raises(NameTaken, match="drawer:Spoon and by distribution gamma"):
        Registry("memnets.things", home="drawer").get("spoon")


@pytest.mark.parametrize(
    "source", ["import no_such_module", "1 / 0", "def broken(:", "x = 1", "raise SystemError('x')"]
)
def test_a_broken_plugin_breaks_only_itself_and_names_its_distribution(site, source):
    distribution(site, "shaky", "memnets.cells", {"wobble": "shaky_cell:Cell"}, shaky_cell=source)
    assert "wobble" in list(cells)
    assert cells.summary("wobble") == "plug-in shaky_cell:Cell from distribution shaky"
    assert "shaky_cell" not in sys.modules
    for name in set(cells) - {"wobble"}:
        assert cells.get(name)
    with pytest.raises(BrokenPlugin) as broken:
        cells.get("wobble")
    message = str(broken.value)
    assert message.startswith("memnets.cells: 'wobble' from distribution shaky does not import (")
    assert "\n" not in message


def test_listing_and_summaries_import_neither_the_things_nor_torch(site):
    distribution(site, "shaky", "memnets.cells", {"wobble": "shaky_cell:C"}, shaky_cell="1 / 0")
    script = (
        "import sys\n"
        f"sys.path.insert(0, {str(site)!r})\n"
        "from memnets.registry import cells, controllers, estimators\n"
        "names = [(n, r.summary(n)) for r in (cells, controllers, estimators) for n in r]\n"
        "assert len(names) > 10 and all(s for _, s in names), names\n"
        "assert ('wobble', 'plug-in shaky_cell:C from distribution shaky') in names\n"
        "assert not {'torch', 'numpy', 'memnets.cells', 'shaky_cell'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
