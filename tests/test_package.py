"""The package as a whole: light to import, quiet, and documented."""

import ast
import dataclasses
import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest
from numpydoc.validate import validate

import skann

FOLDER = Path(skann.__file__).parent
SOURCES = sorted(FOLDER.rglob("*.py"))
PACKAGES = ("costs", "datasets", "inspection", "metrics", "model_selection", "preprocessing")
KERAS = {"keras", "tensorflow", "scikeras"}


def run_python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=FOLDER.parent,
        env=os.environ | environment,
    )


def test_importing_the_package_loads_no_heavy_library_and_prints_nothing():
    heavy = [*KERAS, "sklearn", "pandas", "imblearn", "scipy", "matplotlib"]
    result = run_python(
        f"import sys, skann; dir(skann); skann.__version__\n"
        f"loaded = [name for name in {heavy} if name in sys.modules]\n"
        f"assert not loaded, loaded"
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_public_names_load_neither_keras_nor_tensorflow():
    result = run_python(
        f"import sys, skann\n"
        f"for name in skann.__all__: getattr(skann, name)\n"
        f"skann.ChurnANNClassifier(), skann.CostThresholdClassifier(None)\n"
        f"loaded = [name for name in {list(KERAS)} if name in sys.modules]\n"
        f"assert not loaded, loaded"
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_every_public_name_is_listed_and_can_be_had():
    assert set(skann.__all__) <= set(dir(skann))
    for name in skann.__all__:
        assert getattr(skann, name) is not None
    for package in PACKAGES:
        module = importlib.import_module(f"skann.{package}")
        assert getattr(skann, package) is module
        assert sorted(module.__all__) == sorted(set(module.__all__))
        for name in module.__all__:
            assert getattr(module, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'skann' has no attribute 'ChurnClassifier'"):
        skann.ChurnClassifier  # noqa: B018
    with pytest.raises(ImportError):
        exec("from skann import ChurnClassifier")


def test_the_version_is_a_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|rc\d+)?", skann.__version__)


def test_the_package_is_typed():
    assert (FOLDER / "py.typed").exists()


def imported_packages(path):
    """Top-level packages that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_keras_is_imported_in_networks_alone(path):
    found = KERAS & set(imported_packages(path))
    assert not found or path.parent.name == "networks"


def test_private_names_of_libraries_are_imported_in_one_module_each():
    at_home = {"sklearn": "_sklearn_private.py", "keras": "_keras_private.py"}
    at_home["tensorflow"] = at_home["keras"]
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.ImportFrom)
                and (node.module or "").partition(".")[0] in at_home
            ):
                names = [*node.module.split("."), *(alias.name for alias in node.names)]
                private = [name for name in names if name.startswith("_") or name == "python"]
                assert not private or path.name == at_home[names[0]], (path, private)


@pytest.mark.parametrize("package", ["costs", "metrics", "datasets", "preprocessing"])
def test_lower_packages_know_nothing_of_what_is_built_on_them(package):
    above = {"_classifier", "_threshold", "networks", "inspection", "model_selection", "cli"}
    for path in (FOLDER / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("skann."):
                assert node.module.split(".")[1] not in above, path


def public_objects():
    """Classes, functions, methods and properties of ours that users meet, by name."""
    members = (classmethod, staticmethod, property)
    for module_name in ["skann", *(f"skann.{package}" for package in PACKAGES)]:
        module = importlib.import_module(module_name)
        for name in module.__all__:
            thing = getattr(module, name)
            if not getattr(thing, "__module__", "").startswith("skann."):
                continue
            if inspect.isfunction(thing) or inspect.isclass(thing):
                yield f"{module_name}.{name}", thing
            if inspect.isclass(thing):
                for member_name, member in vars(thing).items():
                    is_member = inspect.isfunction(member) or isinstance(member, members)
                    if is_member and not member_name.startswith("_"):
                        yield f"{module_name}.{name}.{member_name}", member


PUBLIC = dict(public_objects())
SAID_BY_SCIKIT_LEARN = {"self", "X", "y", "input_features"}
# Not every function needs an extended summary, examples and relatives (ES01, EX01, SA01). Where a
# shape or a reference to another function says all, no type and no sentence need be added (PR04,
# PR07, RT03). A plural at the start is taken for a verb (SS05).
NOT_ASKED = {"ES01", "EX01", "SA01", "PR04", "PR07", "RT03", "SS05"}


def parameters_of(thing):
    return set(inspect.signature(thing).parameters) if inspect.isfunction(thing) else set()


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_documented_as_numpydoc_asks(name):
    thing, not_asked = PUBLIC[name], set(NOT_ASKED)
    has_sections = "\n---" in inspect.getdoc(thing)
    if not has_sections and parameters_of(thing) <= SAID_BY_SCIKIT_LEARN:
        not_asked |= {"PR01", "RT01"}
    if inspect.isclass(thing) and (issubclass(thing, tuple) or dataclasses.is_dataclass(thing)):
        not_asked.add("PR01")  # made by skann, not by its users: fields are attributes
    errors = [error for error in validate(name)["errors"] if error[0] not in not_asked]
    assert not errors


def test_modules_are_found_by_their_package():
    """No folder lacks an __init__ and falls out of an installation."""
    found = {module.name for module in pkgutil.walk_packages([str(FOLDER)], "skann.")}
    for path in SOURCES:
        name = ".".join(["skann", *path.relative_to(FOLDER).with_suffix("").parts])
        assert path.name == "__init__.py" or name in found, name
