// Run in the page: what is serious or critical, each element by itself. No rules are all rules.
async (rules) => {
  const options = { resultTypes: ["violations"], preload: false };
  if (rules.length) options.runOnly = { type: "rule", values: rules };
  const { violations } = await window.axe.run(document, options);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, impact, nodes }) => nodes.map(({ target, html, failureSummary }) => ({
      rule: id,
      impact,
      element: `${target.flat().join(" >>> ")}  ${html.slice(0, 240)}`,
      says: failureSummary.replace(/\s+/g, " "),
    })));
}
