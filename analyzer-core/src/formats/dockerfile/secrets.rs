//! Of a Dockerfile its instructions, the go command's flags, well-known images and the runtime's variables
//! stay; names, paths, labels, arguments and other variables do not. Comments are blanked.

use crate::base::source::Input;
use crate::formats::manifest::secrets::{IMAGES, Mark, assignment, image, is_port};
use crate::formats::record::text_lines;
use crate::formats::redaction::{Kind, Marks};

/// Words that say how a program is built and started.
const WORDS: &str = "\
    FROM AS as RUN COPY ADD ENV ARG CMD ENTRYPOINT STOPSIGNAL USER WORKDIR EXPOSE LABEL HEALTHCHECK SHELL VOLUME ONBUILD NONE \
    EOF from platform BUILDPLATFORM TARGETPLATFORM TARGETOS TARGETARCH mount type cache target go build install mod download \
    o CGO ENABLED GOOS GOARCH linux amd64 arm64 ldflags extldflags static tags netgo osusergo linkmode external internal musl \
    gcc CC trimpath bin usr local sbin lib sh bash dash ash c ec lc set eux e exec sleep tini dumb init apk add apt get \
    SIGTERM SIGQUIT SIGINT SIGKILL SIGHUP SIGUSR1 SIGUSR2 interval timeout";

/// # Errors
/// None.
pub(super) fn mark(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    for (_, text) in text_lines(input.bytes) {
        let line = text.trim_start();
        if line.starts_with('#') {
            continue;
        }
        let mut tokens = line.split_ascii_whitespace();
        let instruction = tokens.next().unwrap_or_default();
        marks.words_beside(WORDS, instruction.as_bytes(), Kind::Name);
        for token in tokens {
            of_token(&instruction.to_ascii_uppercase(), token, marks);
        }
    }
    Ok(())
}

fn of_token(instruction: &str, token: &str, marks: &mut Marks<'_>) {
    let is_variable = || token.split_once('=').is_some_and(|(name, _)| crate::formats::manifest::kept(name));
    match instruction {
        "FROM" if !token.starts_with("--") && !WORDS.split_ascii_whitespace().any(|word| word == token) => {
            let _ = image(token, marks);
        }
        "EXPOSE" if is_port(token) => marks.keep(token.as_bytes()),
        "ENV" | "ARG" if is_variable() => {
            if let Mark::Replace(kind) = assignment(token, marks) {
                marks.words(token.as_bytes(), kind);
            }
        }
        _ if matches!(token, "CGO_ENABLED=0" | "CGO_ENABLED=1") => marks.keep(token.as_bytes()),
        "COPY" | "ADD" if token.starts_with("--from=") => {
            marks.words_beside("from", token.as_bytes(), Kind::Name);
        }
        "ENV" | "ARG" | "LABEL" => {
            marks.words_beside("CGO ENABLED GOOS GOARCH linux", token.as_bytes(), Kind::Environment)
        }
        _ => {
            let known = [WORDS, IMAGES].concat();
            marks.words_beside(&known, token.as_bytes(), Kind::Path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::redaction::shown;

    #[test]
    fn images_flags_and_the_runtimes_variables_stay_and_names_do_not() {
        let text = "# for acme\nFROM golang:1.24-alpine AS build\nWORKDIR /src/billing\nRUN CGO_ENABLED=0 go build -o /out/billing ./cmd/billing\nFROM registry.acme.example/base:7\nENV GOMEMLIMIT=400MiB TOKEN=s3cret\nCOPY --from=build /out/billing /usr/local/bin/billing\nEXPOSE 6060\nENTRYPOINT [\"/usr/local/bin/billing\"]\n";
        let expected = "# xxx xxxx\nFROM golang:1.24-alpine AS build\nWORKDIR /nnn/nnnnnnn\nRUN CGO_ENABLED=0 go build -o /nnn/nnnnnnn ./nnn/nnnnnnn\nFROM nnnnnnnn.nnnn.nnnnnnn/base:7\nENV GOMEMLIMIT=400MiB nnnnn=nnnnnn\nCOPY --from=nnnnn /nnn/nnnnnnn /usr/local/bin/nnnnnnn\nEXPOSE 6060\nENTRYPOINT [\"/usr/local/bin/nnnnnnn\"]\n";
        let seen = shown(text, b'n', |input, marks| super::mark(input, marks).expect("told apart"));
        assert_eq!(seen, expected);
    }
}
