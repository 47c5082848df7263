//! One sync over a network that loses, cuts, repeats and delays, to an office that may crash or find
//! its disk full between any two requests.

use server::problem::{Code, Problem};
use sync_core::device::{Encoding, Outgoing, Session, SessionError, Step};

use super::{Violation, World, hand_over, hold};

/// Requests after which a sync of this small world is going in circles.
const REQUESTS_MAX: usize = 1_000;

/// What the network does to one request and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Good,
    RequestLost,
    RequestCut,
    RequestTwice,
    RequestLater,
    AnswerLost,
    AnswerDelayed,
    CrashBeforeDisk,
    CrashBeforeAnswer,
    DiskFull,
    PhoneStops,
}

impl World {
    fn fate(&mut self) -> Fate {
        match self.dice.below(100) {
            0..4 => Fate::RequestLost,
            4..7 => Fate::RequestCut,
            7..11 => Fate::RequestTwice,
            11..14 => Fate::RequestLater,
            14..19 => Fate::AnswerLost,
            19..23 => Fate::AnswerDelayed,
            23..25 => Fate::CrashBeforeDisk,
            25..28 => Fate::CrashBeforeAnswer,
            28..33 => Fate::DiskFull,
            33..35 => Fate::PhoneStops,
            _ => Fate::Good,
        }
    }

    /// One sync of a phone. Returns whether it came to its end with both sides agreeing.
    pub(super) fn sync(&mut self, who: usize, faults: bool) -> Result<bool, Violation> {
        let encoding = if self.dice.percent(60) { Encoding::Packed } else { Encoding::Plain };
        let page = *self.dice.pick(&[None, Some(4_096), Some(20_000)]);
        let mut session = Session::new(self.actors[who].phone.key.clone(), encoding, page);
        let mut delayed: Vec<(Encoding, Result<Vec<u8>, Problem>)> = Vec::new();
        self.note("sync");
        for _ in 0..REQUESTS_MAX {
            self.clock += 1;
            let phone = &mut self.actors[who].phone;
            let clock = self.clock + phone.clock_off;
            let request = match session.poll(&mut phone.store, clock) {
                Ok(Step::Send(request)) => request,
                Ok(Step::Finished(summary)) => {
                    self.note_acknowledged(who);
                    self.note(if summary.agrees { "sync agreed" } else { "sync disagreed" });
                    return Ok(summary.agrees);
                }
                Err(error) => return Err(Violation(format!("the session can't go on: {error}"))),
            };
            if request.encoding == Encoding::Packed {
                self.note("packed request");
            }
            let fate = if faults { self.fate() } else { Fate::Good };
            let answer = self.carry(fate, &request, &mut delayed)?;
            if fate == Fate::PhoneStops {
                return Ok(false);
            }
            let Some(answer) = answer else {
                if let Some(place) =
                    (!delayed.is_empty() && self.dice.percent(50)).then(|| self.dice.below(delayed.len()))
                {
                    // An answer to an earlier request arrives instead of the one to this.
                    let (encoding, answer) = delayed.swap_remove(place);
                    self.note("answer out of order");
                    if !self.take(who, &mut session, encoding, &answer)? {
                        return Ok(false);
                    }
                } else if self.dice.percent(40) {
                    self.note("sync given up");
                    return Ok(false);
                }
                continue;
            };
            if !self.take(who, &mut session, request.encoding, &answer)? {
                return Ok(false);
            }
        }
        Err(Violation("a sync does not come to an end".into()))
    }

    /// Hands an answer to the phone. Returns whether the sync goes on.
    fn take(
        &mut self,
        who: usize,
        session: &mut Session,
        encoding: Encoding,
        answer: &Result<Vec<u8>, Problem>,
    ) -> Result<bool, Violation> {
        let revoked = self.actors[who].revoked;
        let outcome = hand_over(session, &mut self.actors[who].phone.store, encoding, answer);
        self.note_acknowledged(who);
        match outcome {
            Ok(()) => Ok(true),
            Err(SessionError::Refused { code }) => {
                // The last of these answers a packed request that was given up for a plain one since.
                let temporary = [Code::StorageFull, Code::StorageBusy, Code::PackedUnresolved]
                    .map(Code::code)
                    .contains(&code.as_str());
                let expected = temporary || (revoked && code == Code::DeviceRevoked.code());
                hold!(expected, "refused for no reason the world gave: {code}");
                Ok(false)
            }
            Err(error) => Err(Violation(format!("an answer of the office was not taken: {error}"))),
        }
    }

    /// Carries a request to the office and perhaps an answer back.
    fn carry(
        &mut self,
        fate: Fate,
        request: &Outgoing,
        delayed: &mut Vec<(Encoding, Result<Vec<u8>, Problem>)>,
    ) -> Result<Option<Result<Vec<u8>, Problem>>, Violation> {
        match fate {
            Fate::Good => return Ok(Some(self.site.deliver(request, self.clock))),
            Fate::RequestLost => self.note("request lost"),
            Fate::RequestCut => {
                self.note("request cut");
                let cut = self.dice.below(request.body.len());
                let answer = self.site.deliver_as(
                    request.encoding,
                    &request.body[..cut],
                    Some(request.signature),
                    self.clock,
                );
                hold!(answer.is_err(), "a request cut at byte {cut} was answered as if whole");
            }
            Fate::RequestTwice => {
                self.note("request twice");
                let first = self.site.deliver(request, self.clock);
                let second = self.site.deliver(request, self.clock);
                return Ok(Some(if self.dice.percent(50) { first } else { second }));
            }
            Fate::RequestLater => {
                self.note("request delayed");
                self.in_flight.push(request.clone());
            }
            Fate::AnswerLost | Fate::PhoneStops => {
                self.note("answer lost");
                let _ = self.site.deliver(request, self.clock);
            }
            Fate::AnswerDelayed => {
                self.note("answer delayed");
                delayed.push((request.encoding, self.site.deliver(request, self.clock)));
            }
            Fate::CrashBeforeDisk => {
                self.note("office crash before its disk");
                let files = self.site.files();
                let _ = self.site.deliver(request, self.clock);
                self.site.crash_to(&files);
            }
            Fate::CrashBeforeAnswer => {
                self.note("office crash before its answer");
                let _ = self.site.deliver(request, self.clock);
                self.site.crash();
            }
            Fate::DiskFull => {
                self.note("disk full");
                self.site.office().limit_bytes(1).expect("a limit can be set");
                let answer = self.site.deliver(request, self.clock);
                self.site.office().limit_bytes(u64::MAX).expect("a limit can be lifted");
                if let Err(problem) = &answer
                    && problem.code == Code::StorageFull
                {
                    self.note("disk was full");
                }
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }
}
