//! Queries that tantivy does not have.

use schemas::{fields::Field, ids::ProjectId};
use tantivy::{
    BitSet, DocSet, Score, SegmentReader, Term,
    postings::TermInfo,
    query::{AllScorer, AutomatonWeight, BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight},
    schema::{self, IndexRecordOption},
};

use super::{
    layout::{EVENT, Layout},
    pattern::Pattern,
    writing::each,
};

/// Documents with a term that a pattern matches.
#[derive(Debug, Clone)]
pub(super) struct Matching {
    pub(super) field: schema::Field,
    pub(super) pattern: Pattern,
}

impl Query for Matching {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(AutomatonWeight::new(self.field, self.pattern.clone())))
    }
}

/// Documents that a query does not find. tantivy's own exclusion asks phrases about documents that they have passed.
#[derive(Debug)]
pub(super) struct Not(pub(super) Box<dyn Query>);

struct NotWeight(Box<dyn Weight>);

impl Clone for Not {
    fn clone(&self) -> Self {
        Self(self.0.box_clone())
    }
}

impl Query for Not {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(NotWeight(self.0.weight(scoring)?)))
    }
}

impl Weight for NotWeight {
    fn scorer(&self, segment: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut left = BitSet::with_max_value_and_full(segment.max_doc());
        self.0.for_each_no_score(segment, &mut |docs| docs.iter().for_each(|doc| left.remove(*doc)))?;
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(left), 1.0)))
    }

    fn explain(&self, segment: &SegmentReader, doc: u32) -> tantivy::Result<Explanation> {
        explain(self, segment, doc)
    }
}

pub(super) fn explain(weight: &dyn Weight, segment: &SegmentReader, doc: u32) -> tantivy::Result<Explanation> {
    let found = weight.scorer(segment, 1.0)?.seek(doc) == doc;
    Ok(Explanation::new("found or not", if found { 1.0 } else { 0.0 }))
}

/// Events of some projects. Costs next to nothing where a segment has events of these projects only.
#[derive(Debug, Clone)]
pub(super) struct Projects {
    project: schema::Field,
    kind: schema::Field,
    terms: Vec<Term>,
}

impl Projects {
    pub(super) fn new(layout: &Layout, projects: &[ProjectId]) -> Self {
        let project = layout.field(Field::Project).expect("projects have a column");
        let number = |project: &ProjectId| i64::try_from(project.0).unwrap_or(i64::MAX);
        let mut terms: Vec<Term> = projects.iter().map(|id| Term::from_field_i64(project, number(id))).collect();
        terms.sort_unstable();
        terms.dedup();
        Self { project, kind: layout.kind, terms }
    }

    /// Every event of a segment.
    fn all(&self, segment: &SegmentReader) -> tantivy::Result<Box<dyn Scorer>> {
        let inverted = segment.inverted_index(self.kind)?;
        match inverted.get_term_info(&Term::from_field_u64(self.kind, EVENT))? {
            Some(info) if info.doc_freq == segment.max_doc() => Ok(Box::new(AllScorer::new(segment.max_doc()))),
            Some(info) => postings(segment, self.kind, &info),
            None => Ok(Box::new(EmptyScorer)),
        }
    }
}

/// The documents of one term.
fn postings(segment: &SegmentReader, field: schema::Field, info: &TermInfo) -> tantivy::Result<Box<dyn Scorer>> {
    let postings = segment.inverted_index(field)?.read_postings_from_terminfo(info, IndexRecordOption::Basic)?;
    Ok(Box::new(ConstScorer::new(postings, 1.0)))
}

impl Query for Projects {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Projects {
    fn scorer(&self, segment: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let inverted = segment.inverted_index(self.project)?;
        let mut found = Vec::new();
        for term in &self.terms {
            found.extend(inverted.get_term_info(term)?);
        }
        match &found[..] {
            [] => Ok(Box::new(EmptyScorer)),
            found if found.len() == inverted.terms().num_terms() => self.all(segment),
            [one] => postings(segment, self.project, one),
            several => {
                let mut union = BitSet::with_max_value(segment.max_doc());
                for info in several {
                    each(&mut inverted.read_postings_from_terminfo(info, IndexRecordOption::Basic)?, |doc| {
                        union.insert(doc);
                    });
                }
                Ok(Box::new(ConstScorer::new(BitSetDocSet::from(union), 1.0)))
            }
        }
    }

    fn explain(&self, segment: &SegmentReader, doc: u32) -> tantivy::Result<Explanation> {
        explain(self, segment, doc)
    }
}
