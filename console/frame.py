"""What stands around every page: product, role and name, the choice of language."""

from string import Template

import streamlit as st

from ca_core import roles, staff
from console import language as languages
from console import pages, words
from console.components import theme_choice
from console.widgets import typed
from runtime.service import Service

# The strip at the top right stands beside Streamlit's own toolbar, the product above the menu; the rest is
# the theme's business. The skip link is Streamlit's and speaks English: its words are replaced. Some of its
# words are too faint to read, and some places do not show the focus: no setting reaches them (decision 0008).
_STYLE = Template("""
<style>
.st-key-masthead { position: fixed; top: 0; right: 0.75rem; height: 3rem; z-index: 999990; width: auto;
  flex-direction: row; align-items: center; gap: 0.75rem; }
.st-key-masthead p { white-space: nowrap; margin: 0; font-size: 0.875rem; }
.st-key-masthead [data-testid="stMarkdownContainer"] { margin-bottom: 0; }
.st-key-masthead button { min-height: 1.9rem; padding: 0.1rem 0.6rem; }
.st-key-product { position: absolute; top: 0.55rem; left: 1.1rem; width: auto; }
.st-key-product p { display: flex; align-items: center; gap: 0.6rem; font-weight: 700; font-size: 1.05rem;
  margin: 0; }
[data-testid="stSidebarHeader"] { height: 3rem; min-height: 3rem; margin: 0; }
[data-testid="stSidebarNavItems"] { padding-top: 0.75rem; }
[data-testid="stSidebarNavSeparator"] { display: none; }
.stApp :has([data-testid="stHeader"]), [data-testid="stHeader"] { background: inherit; }
[data-testid="stHeader"] { height: 3rem; min-height: 3rem; }
[data-testid="InputInstructions"] { display: none; }
[data-testid="stMainBlockContainer"] { padding: 3.4rem 1.5rem 2rem; max-width: 1680px; }
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] { gap: 0.75rem; }
[data-testid="stMetricValue"], table, code { font-variant-numeric: tabular-nums; }
[data-testid="stSkipToContent"] { font-size: 0; }
[data-testid="stSkipToContent"]::after { content: "$skip"; font-size: 0.875rem; }
[data-testid="stCaptionContainer"] { opacity: 1; color: light-dark(#55646b, #a9b8be); }
.stApp ::placeholder { color: light-dark(#55646b, #a9b8be); opacity: 1; }
[data-testid="stButtonGroup"] [data-selected="true"] p { color: light-dark(#006b7d, #6fd3e3); }
[data-testid^="stBaseButton-primary"]:enabled { color: light-dark(#ffffff, #06262c); }
[data-testid^="stBaseButton-primary"]:enabled kbd { opacity: 1; color: inherit; }
.stApp :is(a, button, canvas):focus-visible { outline: 2px solid light-dark(#007c91, #4cc3d6); outline-offset: 1px; }
@media (max-width: 1100px) { .st-key-masthead .stMarkdown { display: none; } }
@media (prefers-reduced-motion: reduce) { * { transition: none !important; animation: none !important; } }
</style>
""")
_CHOICE = "language_choice"


def draw(service: Service, actor: roles.Actor) -> None:
    st.html(_STYLE.substitute(skip=words.t("frame.skip")))
    with st.sidebar, st.container(key="product"):
        st.html(
            '<p><img src="/assets/mark.svg" alt="" width="28" height="28">' + words.t("product.name") + "</p>"
        )
    with st.container(key="masthead", horizontal=True, vertical_alignment="center"):
        role = words.t(f"role.{actor.role}") if actor.role else ""
        st.markdown(f":gray[{role}] · **{typed.plain(actor.name)}**")
        st.segmented_control(
            words.t("frame.language"),
            languages.LANGUAGES,
            default=languages.current(),
            format_func=lambda language: words.t(f"language.short.{language}"),
            key=_CHOICE,
            label_visibility="collapsed",
            required=True,
            on_change=_choose,
            args=(service, actor),
        )
        theme_choice.draw(words.t("frame.theme"), pages.PATHS)


def _choose(service: Service, actor: roles.Actor) -> None:
    """The page speaks it at once; the account remembers it for the next sign-in."""
    chosen = st.session_state.get(_CHOICE)
    if chosen is None or chosen == languages.current():
        return
    languages.choose(chosen)
    with service.work(by=actor, on=f"staff/{actor.staff_id}") as work:
        staff.set_language(work, by=actor, language=chosen, now=service.now())
