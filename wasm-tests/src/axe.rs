//! What axe-core finds on a page, as WCAG 2.2 AA and good practice have it.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::browser::Browser;

/// Every violation: its rule, what it asks for, and the elements at fault.
const RUN: &str = "
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
    return violations.map(({ id, help, nodes }) =>
        `${id}: ${help}\\n` + nodes.slice(0, 4).map(node => `  ${node.target.join(' ')}: ${node.html.slice(0, 160)}\\n  ${node.failureSummary}`).join('\\n'));";

/// The violations on the page as it is.
///
/// # Errors
/// No axe-core, or a page on which it does not run.
pub async fn violations(browser: &Browser) -> Result<Vec<String>> {
    let is_there = browser.run("return typeof axe === 'object';", &[]).await?;
    if is_there != Value::Bool(true) {
        let script = xtask::browser::axe::ensure()?;
        let script = std::fs::read_to_string(&script).with_context(|| format!("{}", script.display()))?;
        browser.run(&format!("{script}\nwindow.axe = axe;"), &[]).await?;
    }
    let found = browser.run(RUN, &[]).await?;
    let found = found.as_array().context("axe gave no list")?;
    Ok(found.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect())
}
