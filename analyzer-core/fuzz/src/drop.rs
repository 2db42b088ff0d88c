//! Several files in one input: each starts with a line that names it.

/// Starts a file's line; not to be found in captures.
const MARK: &[u8] = b"\0\0file ";

/// The files of an input, with their paths. What stands before the first line is one without a name.
pub fn split(input: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut rest = input;
    while let Some(at) = find(rest, MARK) {
        add(&mut files, &rest[..at]);
        rest = &rest[at + MARK.len()..];
        files.push((String::new(), Vec::new()));
    }
    add(&mut files, rest);
    files.retain(|(path, bytes)| !path.is_empty() || !bytes.is_empty());
    files
}

/// The input that [`split`] takes apart into these files.
pub fn join<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut input = Vec::new();
    for (path, bytes) in files {
        input.extend_from_slice(MARK);
        input.extend_from_slice(path.as_bytes());
        input.push(b'\n');
        input.extend_from_slice(bytes);
    }
    input
}

/// The rest of the file at the end of the list: its path up to the first line end, then its bytes.
fn add(files: &mut Vec<(String, Vec<u8>)>, text: &[u8]) {
    match files.last_mut() {
        Some(file) => {
            let end = text.iter().position(|&byte| byte == b'\n').unwrap_or(text.len());
            file.0 = String::from_utf8_lossy(&text[..end]).into_owned();
            file.1 = text.get(end + 1..).unwrap_or_default().to_vec();
        }
        None => files.push((String::new(), text.to_vec())),
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_joined_and_split() {
        let input = join([("a/b", b"1\n2".as_slice()), ("c", b"")]);
        assert_eq!(split(&input), [("a/b".to_owned(), b"1\n2".to_vec()), ("c".to_owned(), Vec::new())]);
        assert_eq!(split(b"loose"), [(String::new(), b"loose".to_vec())]);
    }
}
