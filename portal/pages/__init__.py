"""One module a page; each reads its form, calls one operation and shows what came of it."""
