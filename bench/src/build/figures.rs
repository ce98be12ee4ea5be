//! What an image cost: a line for each, a table for all.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Row;
use crate::measure::{median, times};

const MIB: u64 = 1 << 20;

/// One image, made and asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Until it was in Glance.
    pub(crate) cold: Duration,
    /// The same command once more.
    pub(crate) again: Duration,
    /// How large it is in Glance.
    pub(crate) bytes: u64,
}

impl Taken {
    /// All of it, for machines.
    pub(crate) fn json(&self, side: &str, round: u32) -> Value {
        json!({
            "side": side,
            "round": round,
            "cold_s": self.cold.as_secs_f64(),
            "again_s": self.again.as_secs_f64(),
            "bytes": self.bytes,
        })
    }
}

/// The table; nothing without a round of both.
pub(crate) fn rows(ours: &[Taken], packer: &[Taken]) -> Vec<Row> {
    let (Some(own_last), Some(peers_last)) = (ours.last(), packer.last()) else {
        return Vec::new();
    };
    let middle = |side: &[Taken], of: fn(&Taken) -> Duration| median(side.iter().map(of).collect());
    let row = |what: &str, of: fn(&Taken) -> Duration| {
        let (own, peer) = (middle(ours, of), middle(packer, of));
        Row {
            what: what.to_owned(),
            ours: seconds(own),
            peer: seconds(peer),
            ratio: times(own, peer),
        }
    };
    vec![
        row("an image from nothing", |taken| taken.cold),
        row("the same again, nothing changed", |taken| taken.again),
        Row {
            what: "its size in Glance".to_owned(),
            ours: format!("{} MiB", own_last.bytes / MIB),
            peer: format!("{} MiB", peers_last.bytes / MIB),
            ratio: format!(
                "{:.2} of the peer's",
                share(own_last.bytes, peers_last.bytes)
            ),
        },
    ]
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Of whole MiB, which a float holds exactly.
fn share(own: u64, peer: u64) -> f64 {
    let mib = |bytes: u64| f64::from(u32::try_from(bytes / MIB).unwrap_or(u32::MAX));
    mib(own) / mib(peer).max(1.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{MIB, Taken, rows};

    fn taken(cold_s: u64, again_ms: u64, mib: u64) -> Taken {
        Taken {
            cold: Duration::from_secs(cold_s),
            again: Duration::from_millis(again_ms),
            bytes: mib * MIB,
        }
    }

    #[test]
    fn the_table_has_medians_and_what_they_come_to() {
        let ours = [
            taken(90, 100, 600),
            taken(100, 200, 600),
            taken(200, 300, 600),
        ];
        let packer = [taken(150, 160_000, 6000), taken(300, 200_000, 6000)];
        let line = |row: &crate::Row| {
            format!("{} | {} | {} | {}", row.what, row.ours, row.peer, row.ratio)
        };
        let seen: Vec<String> = rows(&ours, &packer).iter().map(line).collect();
        assert_eq!(
            seen,
            [
                "an image from nothing | 100.0 s | 300.0 s | 3.0 x faster",
                "the same again, nothing changed | 0.2 s | 200.0 s | 1000.0 x faster",
                "its size in Glance | 600 MiB | 6000 MiB | 0.10 of the peer's",
            ]
        );
    }

    #[test]
    fn one_side_alone_is_no_table() {
        assert!(rows(&[taken(1, 1, 1)], &[]).is_empty());
    }

    #[test]
    fn a_line_has_everything_of_an_image() {
        let line = taken(90, 100, 1).json("packer", 2);
        assert_eq!(line["side"], "packer");
        assert_eq!(line["round"], 2);
        assert_eq!(line["cold_s"], 90.0);
        assert_eq!(line["bytes"], MIB);
    }
}
