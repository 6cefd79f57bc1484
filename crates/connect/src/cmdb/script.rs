//! Writing as ordinary code that asks and gets answers: the code runs again from its start with the answers so far until it needs one
//! more. A unit of work is a handful of requests, so running it again costs nothing, and it stays pure.

use super::{Dialogue, Error, Pushed, Reply, Request, Step, Work};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};

/// Requests that one unit of work may make.
const ASKED_MAX: usize = 200;

/// Why a unit of work does not go on.
#[derive(Debug)]
pub(super) enum Stop {
    /// An answer is needed first.
    Ask(Request),
    /// It cannot be done; in words.
    Refused(String),
}

/// Answers so far.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// To this unit of work, in order.
    given: Vec<(Request, Reply)>,
    at: usize,
    /// Look-ups that found something, for the units after it.
    known: BTreeMap<String, Value>,
    /// Which of them this run found first.
    learned: Vec<String>,
}

impl Answers {
    /// The answer to a request, whatever its status.
    pub(super) fn reply(&mut self, request: Request) -> Result<(Request, Reply), Stop> {
        match self.given.get(self.at) {
            Some((asked, reply)) if *asked == request => {
                self.at += 1;
                Ok((request, reply.clone()))
            }
            _ if self.at >= ASKED_MAX => {
                Err(Stop::Refused(format!("it took more than {ASKED_MAX} requests")))
            }
            _ => Err(Stop::Ask(request)),
        }
    }

    /// The answer as JSON; an answer without success stops the unit.
    pub(super) fn json(&mut self, request: Request) -> Result<Value, Stop> {
        let (asked, reply) = self.reply(request)?;
        reply.json(&asked).map_err(|e| Stop::Refused(e.to_string()))
    }

    fn forget(&mut self) {
        for path in std::mem::take(&mut self.learned) {
            self.known.remove(&path);
        }
    }

    /// A look-up whose answer is kept when `found` says that it found something.
    pub(super) fn look_up(&mut self, path: String, found: fn(&Value) -> bool) -> Result<Value, Stop> {
        if let Some(value) = self.known.get(&path) {
            return Ok(value.clone());
        }
        let value = self.json(Request::get(path.clone()))?;
        if found(&value) {
            self.known.insert(path.clone(), value.clone());
            self.learned.push(path);
        }
        Ok(value)
    }
}

/// One unit: answers what was done and what was refused, or why it stops.
pub(super) type Unit = dyn Fn(&Work, &mut Answers) -> Result<Pushed, Stop>;

/// Units of work, one after the other.
pub(super) struct Script {
    todo: VecDeque<Work>,
    unit: Box<Unit>,
    answers: Answers,
    asked: Option<Request>,
    pushed: Pushed,
}

impl Script {
    pub(super) fn new(work: Vec<Work>, unit: Box<Unit>) -> Self {
        Self { todo: work.into(), unit, answers: Answers::default(), asked: None, pushed: Pushed::default() }
    }
}

impl Dialogue for Script {
    type Out = Pushed;

    fn next(&mut self, reply: Option<Reply>) -> Result<Step<Pushed>, Error> {
        if let (Some(asked), Some(reply)) = (self.asked.take(), reply) {
            self.answers.given.push((asked, reply));
        }
        while let Some(work) = self.todo.front() {
            self.answers.at = 0;
            match (self.unit)(work, &mut self.answers) {
                Err(Stop::Ask(request)) => {
                    // Forgotten, so that the next run asks the same in the same order.
                    self.answers.forget();
                    self.asked = Some(request.clone());
                    return Ok(Step::Send(request));
                }
                Err(Stop::Refused(why)) => self.pushed.refused.push(format!("{}: {why}", work.title())),
                Ok(mut outcome) => {
                    self.pushed.done.append(&mut outcome.done);
                    self.pushed.refused.append(&mut outcome.refused);
                }
            }
            self.answers.given.clear();
            self.answers.learned.clear();
            self.todo.pop_front();
        }
        Ok(Step::Done(std::mem::take(&mut self.pushed)))
    }
}
