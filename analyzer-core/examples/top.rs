//! The functions of a profile by their cost, and what calls the first of them:
//! `cargo run -p analyzer-core --example top -- PROFILE`.

use std::error::Error;
use std::{env, fs};

use analyzer_core::session::{Nodes, Order, Query, Session, question, top_text};

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("which profile?")?;
    let mut session = Session::default();
    session.add(&path, fs::read(&path)?);
    let source = *session.profile_sources().first().ok_or("this is no profile")?;
    let query = Query::new(source);
    let top = session.ask(question::Top { query: query.clone(), order: Order::Flat })?;
    print!("{}", top_text(&top, 10, None));
    if let Some(first) = top.rows().next() {
        let nodes = Nodes::Named(first.name.to_owned());
        let peek = session.ask(question::Peek { query, nodes, order: Order::Flat })?;
        let callers = peek.nodes.iter().flat_map(|node| &node.callers.name);
        println!("\ncalled by {}", callers.map(String::as_str).collect::<Vec<_>>().join(", "));
    }
    Ok(())
}
