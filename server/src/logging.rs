//! The log: to standard error, as text or JSON, and never with personal data.
//!
//! A panic's payload may quote a value, and a value may be a child's name. The hook set here logs where a
//! program panicked and nothing else.

use std::io;
use std::panic;
use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// The least important lines that are written. Other crates' lines are written from warnings on: below,
/// they might quote what passes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// Faults.
    Error,
    /// And refused requests.
    Warn,
    /// And every request.
    #[default]
    Info,
    /// And details.
    Debug,
}

/// A word that is no format or no level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not one of {expected}")]
pub struct WordError {
    /// The words that are.
    pub expected: &'static str,
}

impl FromStr for Format {
    type Err = WordError;

    fn from_str(word: &str) -> Result<Self, WordError> {
        match word {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(WordError { expected: "text, json" }),
        }
    }
}

impl FromStr for Level {
    type Err = WordError;

    fn from_str(word: &str) -> Result<Self, WordError> {
        match word {
            "error" => Ok(Self::Error),
            "warn" => Ok(Self::Warn),
            "info" => Ok(Self::Info),
            "debug" => Ok(Self::Debug),
            _ => Err(WordError { expected: "error, warn, info, debug" }),
        }
    }
}

/// A log was installed before, perhaps by a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a log is already installed")]
pub struct AlreadyInstalled;

/// Starts the log of this process and sets the panic hook.
///
/// # Errors
/// [`AlreadyInstalled`].
pub fn install(format: Format, level: Level) -> Result<(), AlreadyInstalled> {
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(false);
    let lines = match format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(targets(level)))
        .try_init()
        .map_err(|_| AlreadyInstalled)?;
    install_panic_hook();
    Ok(())
}

fn targets(level: Level) -> Targets {
    let level = match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
    };
    ["server", "sothon", "sync_core", "schemas"]
        .into_iter()
        .fold(Targets::new().with_default(level.min(LevelFilter::WARN)), |targets, name| {
            targets.with_target(name, level)
        })
}

/// From now on a panic logs its place and thread, never its payload.
pub fn install_panic_hook() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current();
        tracing::error!(place, thread = thread.name(), "panic");
    }));
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_is_logged_with_its_place_and_without_its_payload() {
        let written = Written::default();
        let writer = written.clone();
        let lines = fmt::layer().json().with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(lines.with_filter(targets(Level::Error)));
        let before = panic::take_hook();
        install_panic_hook();
        tracing::subscriber::with_default(subscriber, || {
            let name = "Nguyễn Văn An";
            panic::catch_unwind(|| panic!("no such child: {name}")).unwrap_err();
        });
        panic::set_hook(before);
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("logging.rs"), "{text}");
        assert!(!text.contains("Nguy") && !text.contains("no such child"), "{text}");
    }

    #[test]
    fn other_crates_are_heard_from_warnings_on() {
        for (level, ours, others) in [
            (Level::Debug, tracing::Level::DEBUG, tracing::Level::WARN),
            (Level::Info, tracing::Level::INFO, tracing::Level::WARN),
            (Level::Error, tracing::Level::ERROR, tracing::Level::ERROR),
        ] {
            let targets = targets(level);
            assert!(targets.would_enable("server::http", &ours), "{level:?}");
            assert!(targets.would_enable("rustls", &others), "{level:?}");
            assert!(!targets.would_enable("rustls", &tracing::Level::INFO), "{level:?}");
        }
    }

    #[test]
    fn words_are_read_or_refused_with_the_choice() {
        assert_eq!("json".parse(), Ok(Format::Json));
        assert_eq!("debug".parse(), Ok(Level::Debug));
        assert_eq!("xml".parse::<Format>(), Err(WordError { expected: "text, json" }));
        assert!("trace".parse::<Level>().unwrap_err().to_string().contains("debug"));
    }
}
