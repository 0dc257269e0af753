"""How the call's page is laid out: narrow beside the dock, everything above the fold, the sentence to say large."""

CSS = """<style>
/* Two even rows, whatever the words' length: no step stands alone in a second one. */
.st-key-call_steps { display: grid !important; grid-template-columns: repeat(6, auto); justify-content: start;
  gap: 4px !important; }
.st-key-call_steps > div, .st-key-call_steps .stButton, .st-key-call_steps .stTooltipIcon,
.st-key-call_steps .stTooltipHoverTarget { width: 100% !important; }
.st-key-call_steps button { width: 100%; min-height: 1.75rem; padding: 0 0.45rem; border-radius: 4px;
  justify-content: flex-start; }
.st-key-call_steps button p { font-size: 0.8125rem; white-space: nowrap; }
.st-key-call_step .st-key-call_acts { gap: 0.5rem !important; }
.st-key-call_acts button { min-height: 2.1rem; padding: 0.15rem 0.55rem; white-space: nowrap; }
.st-key-call_step { padding: 0.75rem 0.9rem; }
.st-key-call_step, .st-key-call_step [data-testid="stVerticalBlock"] { gap: 0.5rem !important; }
.st-key-call_step [data-testid="stButtonGroup"] button { min-height: 1.8rem; padding: 0.1rem 0.6rem; }
/* The offer stands at the left of the page; what the page says about it stands beside. */
[data-testid="stMainBlockContainer"]:has(.st-key-call_offered) { padding-left: 30rem; }
.qb-caller { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 0.875rem; line-height: 1.6; }
.qb-caller b { font-weight: 600; font-variant-numeric: tabular-nums; }
.qb-caller span { white-space: nowrap; } .qb-caller i { font-style: normal; opacity: 0.7; }
.qb-say { border-left: 4px solid var(--st-primary-color, #007c91); padding: 0.1rem 0 0.1rem 0.8rem; margin: 0; }
.qb-say .what { font-size: 0.8125rem; opacity: 0.7; }
.qb-say .large { font-size: 1.25rem; line-height: 1.3; font-weight: 500; }
@media (max-width: 1300px) { .qb-say .large { font-size: 1.0625rem; } .qb-say .small { font-size: 0.8125rem; } }
.qb-say .small { font-size: 0.875rem; opacity: 0.75; line-height: 1.4; }
.qb-still { position: relative; background: rgba(128, 128, 128, 0.18); overflow: hidden; border-radius: 4px; }
.qb-still img { width: 100%; height: 100%; object-fit: contain; display: block; }
.qb-faces { display: grid; grid-template-columns: 4fr 7fr 4fr; gap: 10px; }
/* The face stands in the middle of the camera's picture: as large as in the register's portrait. */
.qb-faces .face img { object-fit: cover; }
.qb-faces figure { margin: 0; } .qb-faces figcaption { font-size: 0.8125rem; opacity: 0.75; }
.qb-faces .qb-still { height: 230px !important; }
@media (max-width: 1300px) { .qb-faces .qb-still { height: 150px !important; } }
.st-key-call_bar { border-top: 1px solid rgba(128, 128, 128, 0.35); padding: 0.4rem 0 0.2rem; }
.st-key-call_bar, .st-key-call_caller { flex-wrap: nowrap !important; }
.st-key-call_bar button { white-space: nowrap; }
.st-key-call_bar > div:first-child { flex: 1 1 0 !important; min-width: 0; width: auto; }
.st-key-call_caller button { min-height: 1.9rem; padding: 0.1rem 0.6rem; white-space: nowrap; }
.st-key-call_bar button { min-height: 2.1rem; }
.st-key-call_missing { gap: 2px 4px !important; }
.st-key-call_missing p { font-size: 0.875rem; }
.st-key-call_missing button { min-height: 1.35rem; padding: 0 0.3rem; }
.st-key-call_missing button p { font-size: 0.8125rem; text-decoration: underline; text-underline-offset: 2px; }
@media (max-width: 1300px) { .st-key-call_bar { flex-wrap: wrap !important; row-gap: 2px !important; }
  .st-key-call_bar > div:first-child { flex: 1 0 100% !important; } .st-key-call_missing button { padding: 0 0.2rem; }
  .st-key-call_bar button { min-height: 1.9rem; }
  .st-key-call_step [data-testid="stVerticalBlock"] { gap: 0.35rem !important; } }
/* Four questions at once: on a low screen the caller's language alone, which the agent speaks. */
@media (max-height: 800px) { .st-key-call_pressure .qb-say .small { display: none; } }
[data-testid="stBottomBlockContainer"] { padding: 0 1.5rem 0.5rem; max-width: 1680px; }
</style>"""
