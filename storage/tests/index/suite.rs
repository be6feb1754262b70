//! The conformance suite of [`storage::index::Index`]: what every engine must do, told by behaviour.
//!
//! An engine runs it with `conformance!(make)`, where `make` is an async function that gives an empty [`Store`].

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use async_trait::async_trait;
use storage::index::Index;

pub(crate) mod again;
pub(crate) mod arriving;
pub(crate) mod counting;
pub(crate) mod differential;
pub(crate) mod erasing;
pub(crate) mod events;
pub(crate) mod ledger;
pub(crate) mod naive;
pub(crate) mod paging;
pub(crate) mod pairs;
pub(crate) mod questions;
pub(crate) mod sums;
pub(crate) mod tags;
pub(crate) mod writing;

/// A place that an engine keeps its data in; empty when it is made, gone when it is dropped.
#[async_trait]
pub(crate) trait Store: Send + Sync {
    /// Opens the place, for the first time or again. At most one index is open at a time.
    async fn open(&self) -> Arc<dyn Index>;
}

/// Closes `index` and opens its place again, as a restart does.
pub(crate) async fn reopen(store: &dyn Store, index: Arc<dyn Index>) -> Arc<dyn Index> {
    index.close().await.unwrap();
    drop(index);
    store.open().await
}

/// Makes a test of every behaviour of the suite; `$make` is the path of an async function that gives a `Store`.
#[allow(unused_macros)]
macro_rules! conformance {
    ($make:path) => {
        conformance! { $make,
            writing::an_event_is_found_after_a_flush_byte_for_byte,
            writing::an_empty_batch_does_nothing,
            writing::a_batch_is_answered_in_order,
            writing::the_same_record_again_changes_nothing,
            writing::the_same_id_from_another_record_is_a_duplicate_of_the_first,
            writing::a_repeated_id_is_recognised_across_midnight_for_24_hours,
            writing::an_id_says_nothing_about_another_project,
            writing::what_was_flushed_survives_a_restart,
            writing::after_an_end_without_flush_everything_can_be_put_again,
            writing::hostile_values_are_kept_byte_for_byte,
            writing::the_largest_event_is_stored_and_leaves_the_others_alone,
            questions::keywords_are_compared_byte_by_byte,
            questions::patterns_match_whole_keywords,
            questions::patterns_match_hostile_keywords_literally,
            questions::numbers_and_times_lie_in_ranges,
            questions::a_yes_or_no_is_told_from_a_missing_one,
            questions::every_field_can_be_asked_for,
            questions::tags_are_found_by_key_and_value,
            questions::hostile_tag_keys_stay_apart,
            questions::text_is_found_as_a_phrase,
            questions::conditions_combine,
            questions::long_keywords_are_cut_alike_everywhere,
            questions::the_time_range_includes_its_start_and_excludes_its_end,
            questions::projects_never_see_each_other,
            questions::what_can_not_be_asked_is_an_error,
            paging::events_come_newest_first,
            paging::pages_of_equal_times_neither_skip_nor_repeat,
            paging::an_event_that_is_older_than_its_day_is_found_by_its_time,
            paging::an_id_is_found_on_every_day_newest_first,
            arriving::what_was_stored_since_comes_by_receipt_whatever_its_time,
            arriving::partitions_are_followed_each_by_itself,
            arriving::arrivals_keep_to_their_scope_and_marks_do_not,
            counting::without_fields_all_events_are_one_group,
            counting::groups_come_by_count_and_then_by_key,
            counting::two_fields_split_by_both,
            counting::every_type_of_field_can_split,
            counting::events_without_the_field_count_in_the_total_only,
            counting::buckets_start_with_the_range_and_end_with_it,
            counting::buckets_can_begin_at_other_times_than_the_range,
            counting::distinct_values_are_counted_once,
            counting::each_group_has_its_newest_event,
            counting::users_are_counted_once,
            counting::weights_are_added_up_and_decide_the_order,
            counting::many_groups_are_counted_exactly,
            counting::impossible_counts_are_errors,
            again::counts_asked_again_are_never_out_of_date,
            ledger::outcomes_are_kept_once_per_position,
            ledger::fates_come_by_position,
            ledger::a_balance_counts_records_of_one_day,
            ledger::slim_events_are_told_from_whole_ones_and_what_is_there_stays,
            ledger::an_event_whose_record_ended_otherwise_is_not_stored,
            ledger::a_record_whose_event_is_there_gets_no_outcome,
            ledger::a_filtered_event_counts_once_for_its_filter,
            ledger::a_record_that_left_something_else_is_stored_without_an_event,
            ledger::outcomes_are_not_events,
            ledger::days_are_listed_and_dropped_whole,
            ledger::a_dropped_day_can_be_filled_again,
            erasing::an_erased_event_is_in_no_answer_and_its_record_has_ended,
            erasing::an_erased_event_does_not_come_back,
            erasing::an_event_of_another_project_with_its_id_stays,
            erasing::a_replaced_event_is_found_by_what_it_says_now,
            erasing::changing_again_changes_nothing,
            erasing::what_is_not_there_or_is_to_stay_is_left_alone,
            erasing::an_event_takes_no_other_ones_place,
            erasing::a_day_is_looked_through_whole,
            erasing::many_events_are_changed_while_others_are_stored,
            sums::a_fact_counts_once_however_often_it_comes,
            sums::facts_that_were_not_flushed_can_be_stored_again,
            sums::sums_are_split_by_names_and_over_time,
            sums::only_the_groups_with_most_are_answered,
            sums::users_and_those_with_a_crash_are_counted_once,
            sums::facts_are_neither_events_nor_outcomes,
            sums::facts_go_with_the_day_that_they_count_for,
            sums::impossible_sums_are_errors,
            sums::random_sums_are_those_of_adding_up_every_fact,
            differential::random_questions_are_answered_as_by_reading_every_event,
            differential::random_questions_across_restarts_and_days,
            pairs::thousands_of_random_questions_are_answered_as_by_reading_every_event,
            tags::keys_of_tags_come_by_count_and_then_by_name,
            tags::keys_of_tags_are_those_of_the_events_in_scope,
            tags::hostile_prefixes_are_taken_literally,
        }
    };
    ($make:path, $($module:ident::$test:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let store = $make().await;
                suite::$module::$test(&store).await;
            }
        )*
    };
}
