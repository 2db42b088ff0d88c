//! Assembles the viewer into one HTML text: style, script, wasm and example
//! inline. A policy of no connections leaves a page no other way to its own
//! parts, and one text serves as the site's page and as the file to keep.

use std::io::Write;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::{Compression, GzBuilder};
use lzma_rust2::{LzmaOptions, LzmaWriter};
use sha2::{Digest, Sha256};

use crate::build::Built;

/// What the page is made of.
pub struct Parts<'a> {
    /// HTML with `{{policy}}`, `{{early}}`, `{{unpacker}}`, `{{style}}`, `{{glue}}`,
    /// `{{wasm}}`, `{{example}}` and `{{script}}`.
    pub template: &'a str,
    /// The script that takes files until the page can.
    pub early: &'a str,
    /// Style sheet.
    pub style: &'a str,
    /// The module that unpacks the others, and its glue.
    pub unpacker: &'a Built,
    /// The page's module, and its glue.
    pub page: &'a Built,
    /// The script that starts the page, or the worker; follows the glue.
    pub host: &'a str,
    /// The example bundle, a tar archive; empty if there is none.
    pub example: &'a [u8],
}

/// The page's HTML.
///
/// # Errors
/// A part that would end its own element early, or a template that lacks a
/// place.
pub fn assemble(parts: &Parts<'_>) -> Result<String> {
    let script = format!("{}\n{}", parts.unpacker.glue, parts.host);
    let unpacker = BASE64_STANDARD.encode(gzip(&parts.unpacker.wasm)?);
    let style = pack(parts.style.as_bytes())?;
    let glue = pack(parts.page.glue.as_bytes())?;
    let wasm = pack(&parts.page.wasm)?;
    let example = if parts.example.is_empty() { String::new() } else { pack(parts.example)? };
    ensure_inline(&script)?;
    ensure_inline(parts.early)?;
    fill(
        parts.template,
        &[
            ("policy", &policy(&[parts.early, &parts.page.glue, &script])),
            ("early", parts.early),
            ("unpacker", &unpacker),
            ("style", &style),
            ("glue", &glue),
            ("wasm", &wasm),
            ("example", &example),
            ("script", &script),
        ],
    )
}

/// The page's Content-Security-Policy: nothing is loaded, nothing is sent,
/// and the scripts that run are those with these texts.
fn policy(scripts: &[&str]) -> String {
    let hashes: Vec<String> = scripts
        .iter()
        .map(|script| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(script))))
        .collect();
    [
        "default-src 'none'",
        &format!("script-src {} 'wasm-unsafe-eval'", hashes.join(" ")),
        "worker-src blob:",
        // Elements are placed and sized by style attributes.
        "style-src 'unsafe-inline'",
        "img-src data:",
        "connect-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    .join("; ")
}

/// The same page with a policy under which it may take captures from the
/// origin that it is from.
///
/// # Errors
/// A page without the policy of [`assemble`].
pub fn fetching(html: &str) -> Result<String> {
    let policy = policy_of(html).context("the page has no policy")?;
    let own = policy.replace("connect-src 'none'", "connect-src 'self'");
    ensure!(own != policy, "the page's policy forbids no connection");
    Ok(html.replacen(policy, &own, 1))
}

/// The policy that a page carries, to be sent as a header too.
pub fn policy_of(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once(r#"<meta http-equiv="Content-Security-Policy" content=""#)?;
    rest.split_once('"').map(|(policy, _)| policy)
}

/// Gzip at the highest level, without a time or a name: the same bytes every time.
///
/// # Errors
/// None that memory does not give.
pub fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// A part as the unpacker reads it: as an LZMA file, as Z85 text.
///
/// # Errors
/// None that memory does not give.
pub fn pack(bytes: &[u8]) -> Result<String> {
    let mut options = LzmaOptions::with_preset(9);
    // What the reader sets aside. All of the content, for the repetitions of
    // wasm code are far apart.
    options.dict_size = u32::try_from(bytes.len().next_power_of_two())?;
    options.nice_len = LzmaOptions::NICE_LEN_MAX;
    // Bytes of wasm code and text are at no fixed places of a word, and what
    // follows depends on the byte before.
    (options.lc, options.pb) = (4, 0);
    let mut writer = LzmaWriter::new_use_header(Vec::new(), &options, Some(bytes.len() as u64))?;
    writer.write_all(bytes)?;
    let (letter, stand_in) = unpack::MARKUP;
    Ok(z85::encode(writer.finish()?).replace(letter, stand_in.encode_utf8(&mut [0; 4])))
}

/// A script ends at its first end tag, wherever that stands, and `<!--`
/// changes how it is read.
fn ensure_inline(text: &str) -> Result<()> {
    let lower = text.to_ascii_lowercase();
    for marker in ["</script", "<!--"] {
        ensure!(!lower.contains(marker), "a script contains {marker}, which cannot stand inline");
    }
    Ok(())
}

/// Replaces every place of the template in one pass, so that what is filled
/// in is never itself searched for places.
fn fill(template: &str, values: &[(&str, &str)]) -> Result<String> {
    let mut html =
        String::with_capacity(values.iter().map(|(_, value)| value.len()).sum::<usize>() + template.len());
    let mut used = vec![false; values.len()];
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").context("a place of the template is not closed")?;
        let index = values
            .iter()
            .position(|(known, _)| *known == name)
            .with_context(|| format!("the template has an unknown place: {name}"))?;
        html.push_str(before);
        html.push_str(values[index].1);
        used[index] = true;
        rest = after;
    }
    html.push_str(rest);
    for ((name, _), used) in values.iter().zip(used) {
        ensure!(used, "the template has no place for {name}");
    }
    Ok(html)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: Parts<'static> = Parts {
        template: "<meta http-equiv=\"Content-Security-Policy\" content=\"{{policy}}\"><script>{{early}}</script><script>{{style}}</script><script>{{glue}}</script>\
                   <script>{{unpacker}}</script><script id=wasm>{{wasm}}</script><script id=example>{{example}}</script>\
                   <script>{{script}}</script>",
        early: "take();",
        style: "p {}",
        unpacker: &Built { wasm: Vec::new(), glue: String::new() },
        page: &Built { wasm: Vec::new(), glue: String::new() },
        host: "boot();",
        example: b"",
    };

    #[test]
    fn the_page_allows_its_script_by_hash_and_no_connection() -> Result<()> {
        let built = |glue: &str| Built { wasm: Vec::new(), glue: glue.to_owned() };
        let (unpacker, page) = (built("let unpacker;"), built("let page;"));
        let html = assemble(&Parts { unpacker: &unpacker, page: &page, ..PARTS })?;
        let policy = policy_of(&html).context("no policy")?;
        let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
        let (early, glue, script) = (hash("take();"), hash("let page;"), hash("let unpacker;\nboot();"));
        let scripts =
            format!("script-src 'sha256-{early}' 'sha256-{glue}' 'sha256-{script}' 'wasm-unsafe-eval';");
        assert!(policy.contains(&scripts), "{policy}");
        assert!(policy.contains("connect-src 'none'"), "{policy}");
        Ok(())
    }

    #[test]
    fn a_page_that_may_fetch_may_from_its_own_origin_alone() -> Result<()> {
        let html = fetching(&assemble(&PARTS)?)?;
        let policy = policy_of(&html).context("no policy")?;
        assert!(
            policy.contains("connect-src 'self';") && policy.starts_with("default-src 'none'"),
            "{policy}"
        );
        assert!(fetching(&html).is_err());
        Ok(())
    }

    #[test]
    fn the_same_parts_give_the_same_bytes() -> Result<()> {
        assert_eq!(assemble(&PARTS)?, assemble(&PARTS)?);
        Ok(())
    }

    #[test]
    fn what_is_packed_is_unpacked() -> Result<()> {
        // Products of large primes: there is little to find in them, so that the text is long.
        let bytes: Vec<u8> =
            (0..10_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let text = pack(&bytes)?;
        assert_eq!(unpack::content(&text), Ok(bytes));
        // Nothing in it is markup, whatever it holds.
        assert!(text.contains('~') && !text.contains('<'));
        Ok(())
    }

    #[test]
    fn a_script_that_would_end_its_element_is_refused() {
        let parts = Parts { host: "'</SCRIPT>'", ..PARTS };
        assert!(assemble(&parts).is_err_and(|error| error.to_string().contains("</script")));
    }

    #[test]
    fn places_in_a_part_are_not_filled() -> Result<()> {
        let html = assemble(&Parts { host: "`{{wasm}}`", ..PARTS })?;
        assert!(html.contains("`{{wasm}}`"));
        Ok(())
    }

    #[test]
    fn a_template_without_a_place_is_refused() {
        let parts = Parts { template: "{{policy}}", ..PARTS };
        assert!(assemble(&parts).is_err_and(|error| error.to_string().contains("no place for early")));
    }
}
