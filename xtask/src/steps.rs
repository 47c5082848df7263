//! Steps with a heading and a duration each, and the table of them at the end.

use anyhow::Result;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// The steps run so far.
pub(crate) struct Report {
    started: Instant,
    steps: Vec<Finished>,
}

struct Finished {
    name: String,
    took: Duration,
    failure: Option<String>,
}

impl Report {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), steps: Vec::new() }
    }

    /// Runs one step under its heading; `true` when it succeeded.
    pub(crate) fn step(&mut self, name: &str, what: &str, run: impl FnOnce() -> Result<()>) -> bool {
        println!("\n=== {name}: {what}");
        let started = Instant::now();
        let failure = run().err().map(|error| format!("{error:#}"));
        let took = started.elapsed();
        match &failure {
            None => println!("=== {name}: ok, {}", seconds(took)),
            Some(failure) => println!("=== {name}: FAILED after {}: {failure}", seconds(took)),
        }
        let succeeded = failure.is_none();
        self.steps.push(Finished { name: name.to_owned(), took, failure });
        succeeded
    }

    /// Prints the table; `true` when every step succeeded.
    pub(crate) fn finish(self) -> bool {
        let total = self.started.elapsed();
        println!("\n{}", table(&self.steps, total));
        self.steps.iter().all(|step| step.failure.is_none())
    }
}

fn table(steps: &[Finished], total: Duration) -> String {
    let mut text = String::new();
    for Finished { name, took, failure } in steps {
        let outcome = failure.as_deref().map_or("ok", |_| "FAILED");
        writeln!(text, "{name:<12} {outcome:<6} {:>9}", seconds(*took)).expect("a String takes every write");
        if let Some(failure) = failure {
            writeln!(text, "    {failure}").expect("a String takes every write");
        }
    }
    let failed = steps.iter().filter(|step| step.failure.is_some()).count();
    let verdict = if failed == 0 { "passed".to_owned() } else { format!("{failed} FAILED") };
    write!(text, "{:<12} {verdict:<6} {:>9}", "total", seconds(total)).expect("a String takes every write");
    text
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_names_every_step_and_repeats_why_one_failed() {
        let finished = |name: &str, millis, failure: Option<&str>| Finished {
            name: name.into(),
            took: Duration::from_millis(millis),
            failure: failure.map(str::to_owned),
        };
        let steps = [finished("fmt", 1_200, None), finished("clippy", 61_000, Some("exit status: 101"))];
        let expected = "fmt          ok         1.2 s\n\
                        clippy       FAILED    61.0 s\n    exit status: 101\n\
                        total        1 FAILED    62.2 s";
        assert_eq!(table(&steps, Duration::from_millis(62_200)), expected);
    }
}
