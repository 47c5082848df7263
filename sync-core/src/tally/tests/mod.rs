mod cases;
mod changes;
mod happened;
mod papers;
mod recount;
mod sample;
mod villages;
