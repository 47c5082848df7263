mod cases;
mod changes;
mod happened;
mod recount;
mod sample;
mod villages;
