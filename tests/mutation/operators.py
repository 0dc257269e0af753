"""What a mutant is: one small slip in a rule, as a person in a hurry would make it.

A limit that is taken in or left out, a check that is gone, a condition turned round, an entry missing in a table,
a field that is not carried over. Left alone: docstrings, annotations, decorators, and what only names a type.
"""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
TURNED = {"min": "max", "max": "min", "any": "all", "all": "any"}
# Their elements are members of a set or rows of a table; of other calls they are arguments.
COLLECTIONS = {"frozenset", "set", "tuple"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """`at` and `choice` find it in the tree again; the texts name it for people and in `survivors.toml`."""

    module: str
    function: str
    at: int
    choice: int
    first_line: int
    last_line: int
    line: str
    was: str
    becomes: str
    # The same change on the same words of the same function again: the second, the third.
    nth: int = 1

    @property
    def name(self) -> tuple[str, str, str, str]:
        """Survives other changes of the module."""
        again = f" ({self.nth})" if self.nth > 1 else ""
        return self.module, self.function, self.line, f"{self.was} -> {self.becomes}{again}"


def mutants_of(module: str, source: str) -> list[Mutant]:
    """Every one of the module, in the order of its text."""
    tree = ast.parse(source)
    places = {id(node): number for number, node in enumerate(ast.walk(tree))}
    lines = source.splitlines()
    found = []
    for place in _places(tree):
        for choice, other in enumerate(_changed(place.node, place.parent)):
            found.append(
                Mutant(
                    module=module,
                    function=place.function,
                    at=places[id(place.node)],
                    choice=choice,
                    first_line=place.first_line,
                    last_line=place.last_line,
                    line=lines[place.node.lineno - 1].strip(),
                    was=_text(place.node),
                    becomes=_text(other),
                )
            )
    found.sort(key=lambda one: (one.first_line, one.at, one.choice))
    names: Counter[tuple[str, str, str, str]] = Counter()
    for number, one in enumerate(found):
        names[one.name] += 1
        found[number] = replace(one, nth=names[one.name])
    return found


def mutated(source: str, mutant: Mutant) -> ast.Module:
    """The module with that one slip in it."""
    tree = ast.parse(source)
    node = list(ast.walk(tree))[mutant.at]
    parent = next((one for one in ast.walk(tree) if node in ast.iter_child_nodes(one)), tree)
    changed: ast.Module = _Swap(node, list(_changed(node, parent))[mutant.choice]).visit(tree)
    return ast.fix_missing_locations(changed)


class _Swap(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old = old
        self.new = new

    def visit(self, node: ast.AST) -> ast.AST:
        return ast.copy_location(self.new, node) if node is self.old else self.generic_visit(node)


@dataclass(frozen=True, slots=True)
class _Place:
    node: ast.AST
    parent: ast.AST
    function: str
    first_line: int
    last_line: int


def _places(tree: ast.Module) -> Iterator[_Place]:
    """What may be mutated, with the function it is in ("" = the module itself) and the lines that run it."""

    def walk(
        node: ast.AST, parent: ast.AST, names: tuple[str, ...], lines: tuple[int, int]
    ) -> Iterator[_Place]:
        if isinstance(node, ast.stmt):
            lines = _lines(node)
        if names or isinstance(node, ast.stmt | ast.expr):
            yield _Place(node, parent, ".".join(names), *lines)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = (*names, node.name)
        for child in _children(node):
            yield from walk(child, node, names, lines)

    for statement in _children(tree):
        yield from walk(statement, tree, (), (0, 0))


def _lines(statement: ast.stmt) -> tuple[int, int]:
    """Of what the statement itself runs: the head of a compound one."""
    body = getattr(statement, "body", None)
    last = body[0].lineno - 1 if body else statement.end_lineno or statement.lineno
    return statement.lineno, max(statement.lineno, last)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Without docstrings, annotations, decorators, imports and what only checks types."""
    left_out = {"annotation", "returns", "decorator_list", "type_comment", "bases", "keywords_of_class"}
    for field, value in ast.iter_fields(node):
        if field in left_out or (field == "keywords" and isinstance(node, ast.ClassDef)):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_left_alone(child):
                yield child


def _is_left_alone(node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(value=ast.Constant()):
            return True  # a docstring, or the dots of a protocol
        case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar" | "NewType"))):
            return True
        case ast.Call(func=ast.Name(id="cast" | "NewType" | "TypeVar" | "super")):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "__slots__")]):
            return True
        case ast.Assert():
            return True  # for the type checker: what it says is so already
    return False


def _changed(node: ast.AST, parent: ast.AST) -> Iterator[ast.AST]:
    for change in _CHANGES.get(type(node), ()):
        yield from change(node, parent)


def _constant(node: ast.Constant, parent: ast.AST) -> Iterator[ast.AST]:
    match node.value:
        case bool():
            yield ast.Constant(not node.value)
        case int() | float():
            yield ast.Constant(node.value + 1)
        case str() if not isinstance(parent, ast.JoinedStr | ast.FormattedValue):
            yield ast.Constant(f"{node.value}XX")
        case bytes():
            yield ast.Constant(node.value + b"XX")


def _comparison(node: ast.Compare, parent: ast.AST) -> Iterator[ast.AST]:
    for number, operator in enumerate(node.ops):
        swapped = [*node.ops[:number], COMPARED[type(operator)](), *node.ops[number + 1 :]]
        yield ast.Compare(node.left, swapped, node.comparators)


def _boolean(node: ast.BoolOp, parent: ast.AST) -> Iterator[ast.AST]:
    """The other word between; and each condition left out."""
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for number in range(len(node.values)):
        rest = [*node.values[:number], *node.values[number + 1 :]]
        yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _negation(node: ast.UnaryOp, parent: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not):
        yield node.operand


def _arithmetic(node: ast.BinOp, parent: ast.AST) -> Iterator[ast.AST]:
    is_text = any(
        isinstance(side, ast.JoinedStr) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in (node.left, node.right)
    )
    if type(node.op) in COUNTED and not is_text:
        yield ast.BinOp(node.left, COUNTED[type(node.op)](), node.right)


def _condition(node: ast.If | ast.IfExp | ast.While, parent: ast.AST) -> Iterator[ast.AST]:
    """Turned round, where no smaller change does that."""
    if isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
        return
    turned = ast.UnaryOp(ast.Not(), node.test)
    if isinstance(node, ast.IfExp):
        yield ast.IfExp(turned, node.body, node.orelse)
    else:
        yield type(node)(turned, node.body, node.orelse)


def _statement(node: ast.Expr | ast.Raise, parent: ast.AST) -> Iterator[ast.AST]:
    """A check, a record or a refusal that somebody forgot."""
    yield ast.Pass()


def _return(node: ast.Return, parent: ast.AST) -> Iterator[ast.AST]:
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield ast.Return(ast.Constant(None))


def _call(node: ast.Call, parent: ast.AST) -> Iterator[ast.AST]:
    """`any` for `all`; a field that `replace` does not carry over."""
    if not isinstance(node.func, ast.Name):
        return
    if node.func.id in TURNED:
        yield ast.Call(ast.Name(TURNED[node.func.id], ast.Load()), node.args, node.keywords)
    if node.func.id == "replace" and len(node.keywords) > 1:
        for number in range(len(node.keywords)):
            yield ast.Call(node.func, node.args, [*node.keywords[:number], *node.keywords[number + 1 :]])


def _members(node: ast.Set | ast.List | ast.Tuple, parent: ast.AST) -> Iterator[ast.AST]:
    """Each member left out; of a tuple only where it is a collection, not a record."""
    if len(node.elts) < 2 or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    if isinstance(node, ast.Tuple) and not _is_collection(node, parent):
        return
    for number in range(len(node.elts)):
        rest = [*node.elts[:number], *node.elts[number + 1 :]]
        yield ast.Set(rest) if isinstance(node, ast.Set) else type(node)(rest, ast.Load())


def _is_collection(node: ast.Tuple, parent: ast.AST) -> bool:
    match parent:
        case ast.Compare(ops=[ast.In() | ast.NotIn()]):
            return node in parent.comparators
        case ast.For() | ast.comprehension():
            return parent.iter is node
        case ast.Call(func=ast.Name(id=called)):
            # A row of a table of lives: its origins, and who may.
            return called in COLLECTIONS or called == "Transition"
    return False


def _entries(node: ast.Dict, parent: ast.AST) -> Iterator[ast.AST]:
    for number in range(len(node.keys)):
        if len(node.keys) > 1:
            yield ast.Dict(
                [*node.keys[:number], *node.keys[number + 1 :]],
                [*node.values[:number], *node.values[number + 1 :]],
            )


def _continue(node: ast.Continue, parent: ast.AST) -> Iterator[ast.AST]:
    yield ast.Break()


_CHANGES: dict[type[ast.AST], tuple[Callable[..., Iterator[ast.AST]], ...]] = {
    ast.Constant: (_constant,),
    ast.Compare: (_comparison,),
    ast.BoolOp: (_boolean,),
    ast.UnaryOp: (_negation,),
    ast.BinOp: (_arithmetic,),
    ast.If: (_condition,),
    ast.IfExp: (_condition,),
    ast.While: (_condition,),
    ast.Expr: (_statement,),
    ast.Raise: (_statement,),
    ast.Return: (_return,),
    ast.Call: (_call,),
    ast.Set: (_members,),
    ast.List: (_members,),
    ast.Tuple: (_members,),
    ast.Dict: (_entries,),
    ast.Continue: (_continue,),
}


def _text(node: ast.AST) -> str:
    """One line of source: of a compound statement its condition, of a long one its beginning."""
    shown = node.test if isinstance(node, ast.If | ast.While) else node
    text = " ".join(ast.unparse(shown).split())
    return text if len(text) <= 160 else f"{text[:157]}..."
