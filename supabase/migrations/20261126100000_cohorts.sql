-- What may be asked about a cohort. Answers come from student_mastery and mastery_daily, so that their cost does not grow with how long
-- people have practised; a day is a UTC day. The rooms ask once whether the one who asks may see the cohort. Lists come as columns.
-- Days lie in the order of time: those of a cohort are read page by page (as a bitmap), not learner by learner (enable_indexscan), which
-- would visit each page once for each of its rows.

set check_function_bodies = off;

create function private.require_cohort(cohort uuid) returns void language plpgsql stable set search_path = '' as $$
begin
  if not coalesce(cohort = any (private.cohorts_shown()), false) then
    raise exception 'There is no such cohort, or not one you may see.' using errcode = 'P0002';
  end if;
end
$$;

create function private.learners_of(cohort uuid) returns uuid[] language plpgsql stable set search_path = '' as $$
begin
  return array(select m.user_id from public.cohort_members m where m.cohort_id = cohort and m.role = 'student');
end
$$;

-- How learners stand on their concepts at the end of a UTC day, or now while it lasts (what is dated later today counts already): what was
-- stored when last practised, and what is left of it. Of what was practised since, the first day tells it: its score less all that moved it
-- on that day. What would be below e^-300 of a score is that much, and the log of nothing kept is -1e15, where PostgreSQL would raise an
-- error; a score below 1e-30 (only a database from before may hold one) stays as it is.
create function private.standings_at(learners uuid[], moment timestamptz)
returns table (
  user_id uuid, concept_tag text, stored float, last_assessed_at timestamptz, decay_factor float, observations integer, score float)
language plpgsql stable rows 50000 set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  period constant float := (select decay_period_days from public.mastery_settings);
  last_day constant date := (moment at time zone 'UTC')::date;
  next_day constant timestamptz := (last_day + 1)::timestamp at time zone 'UTC';
begin
  return query
  select s.*, case
    when s.stored < 1e-30 then s.stored
    else s.stored * exp(greatest(-300,
      case when s.decay_factor < 1e-300 then -1e15 else ln(s.decay_factor) end
        * greatest(0, coalesce(date_part('epoch', moment - s.last_assessed_at), 0)) / 86400 / period))
  end
  from (
    select d.user_id, d.concept_tag, d.closing_score - (d.gained + d.lost + d.forgotten + d.adjusted), d.previous_at, m.decay_factor,
           d.opportunity - d.observations
    from public.mastery_daily d
    join public.student_mastery m on m.user_id = d.user_id and m.concept_tag = d.concept_tag
    where d.user_id = any (learners) and m.user_id = any (learners) -- said twice, or all of student_mastery would be read
      and d.day > last_day and d.previous_at < next_day
    union all
    select m.user_id, m.concept_tag, m.mastery_score, m.last_assessed_at, m.decay_factor, m.observations
    from public.student_mastery m
    where m.user_id = any (learners) and (m.last_assessed_at is null or m.last_assessed_at < next_day)
  ) s (user_id, concept_tag, stored, last_assessed_at, decay_factor, observations);
end
$$;

-- Every learner of a cohort: how they stand at a moment, what they did in the days after ``since`` up to it, and in the trend's window.
-- Means and bands are of the concepts with three observations or more; the others are counted apart.
create function public.cohort_learners(cohort uuid, since date, until timestamptz, weak float, mastered float)
returns json language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.cohort_learners(cohort, since, until, weak, mastered);
end
$$;

create function private.cohort_learners(cohort uuid, since date, until timestamptz, weak float, mastered float)
returns json language plpgsql stable security definer
set search_path = '' set work_mem = '128MB' set enable_indexscan = off set plan_cache_mode = 'force_custom_plan' as $$
declare
  enough constant integer := 3;
  trend_days constant integer := 7;
  trend_band constant float := 0.05 + 1e-9; -- and a hair: see mastery_core/trend.py
  trend_events constant integer := 2;
  learners constant uuid[] := private.learners_of(cohort);
  last_day constant date := (until at time zone 'UTC')::date;
begin
  perform private.require_cohort(cohort);
  return (
    with standing as (
      select s.user_id, max(s.last_assessed_at) as last_activity,
             count(*) filter (where s.observations >= enough) as known, count(*) filter (where s.observations < enough) as apart,
             avg(s.score) filter (where s.observations >= enough) as mean,
             avg(s.stored) filter (where s.observations >= enough) as mean_stored,
             count(*) filter (where s.observations >= enough and s.score < weak) as weak,
             count(*) filter (where s.observations >= enough and s.score >= mastered) as mastered
      from private.standings_at(learners, until) s
      group by s.user_id
    ),
    practice as ( -- a day is a bit of a number: counting distinct days would sort all rows
      select d.user_id, sum(d.days) as days, sum(d.observations) as observations, sum(d.graded) as graded, sum(d.correct) as correct,
             sum(d.gained) as gained, sum(d.lost) as lost
      from (
        select d.user_id, bit_count(bit_or(1::bigint << ((d.day - since) % 64))::bit(64)) as days, sum(d.observations) as observations,
               sum(d.graded) as graded, sum(d.correct) as correct, sum(d.gained) as gained, sum(d.lost) as lost
        from public.mastery_daily d
        where d.user_id = any (learners) and d.day > since and d.day <= last_day and d.observations > 0
        group by d.user_id, (d.day - since) / 64
      ) d
      group by d.user_id
    ),
    recent as (
      select moved.user_id, count(*) filter (where moved.practised > trend_band) as improving,
             count(*) filter (where moved.practised < -trend_band) as declining
      from (
        select d.user_id, sum(d.gained + d.lost) as practised
        from public.mastery_daily d
        where d.user_id = any (learners) and d.day > last_day - trend_days and d.day <= last_day
        group by d.user_id, d.concept_tag
        having sum(d.observations) >= trend_events
      ) moved
      group by moved.user_id
    )
    select json_build_object(
      'id', coalesce(to_json(array_agg(p.id)), '[]'), 'name', coalesce(to_json(array_agg(p.display_name)), '[]'),
      'known', coalesce(to_json(array_agg(coalesce(s.known, 0))), '[]'), 'apart', coalesce(to_json(array_agg(coalesce(s.apart, 0))), '[]'),
      'mean', coalesce(to_json(array_agg(s.mean)), '[]'), 'mean_stored', coalesce(to_json(array_agg(s.mean_stored)), '[]'),
      'weak', coalesce(to_json(array_agg(coalesce(s.weak, 0))), '[]'), 'mastered', coalesce(to_json(array_agg(coalesce(s.mastered, 0))), '[]'),
      'improving', coalesce(to_json(array_agg(coalesce(r.improving, 0))), '[]'),
      'declining', coalesce(to_json(array_agg(coalesce(r.declining, 0))), '[]'),
      'last_activity', coalesce(to_json(array_agg(date_part('epoch', s.last_activity))), '[]'),
      'days', coalesce(to_json(array_agg(coalesce(d.days, 0))), '[]'),
      'observations', coalesce(to_json(array_agg(coalesce(d.observations, 0))), '[]'),
      'graded', coalesce(to_json(array_agg(coalesce(d.graded, 0))), '[]'), 'correct', coalesce(to_json(array_agg(coalesce(d.correct, 0))), '[]'),
      'gained', coalesce(to_json(array_agg(coalesce(d.gained, 0))), '[]'), 'lost', coalesce(to_json(array_agg(coalesce(d.lost, 0))), '[]'))
    from unnest(learners) member (id)
    join public.profiles p on p.id = member.id
    left join standing s on s.user_id = p.id
    left join practice d on d.user_id = p.id
    left join recent r on r.user_id = p.id);
end
$$;

-- How pairs of learner and concept stood from moment to moment of a rising list, its first the end of a UTC day, of each learner or of each
-- concept: a row for the stretches without practice that hold the same moments, from the ``first_n``-th to the ``last_n``-th, and fade alike,
-- with their scores at the first added up and the share kept a day (as logarithm). A day's row tells of the stretch that it ended: it began
-- at previous_at, with the score that closed the day less all that moved it; the stretch that goes on is in student_mastery. So nothing has
-- to be sorted. Where there are observations enough, there is a time of the last one.
create function private.stretches_of(learners uuid[], moments timestamptz[], concept text, by_learner boolean)
returns table (user_id uuid, concept_tag text, first_n integer, last_n integer, log_kept float, total float, pairs bigint)
language plpgsql stable rows 50000 set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  enough constant integer := 3;
  period constant float := (select decay_period_days from public.mastery_settings);
  epochs constant float[] := array(select date_part('epoch', each) from unnest(moments) with ordinality as one (each, n) order by n);
  latest constant timestamptz := moments[cardinality(moments)];
  first_day constant date := (moments[1] at time zone 'UTC')::date;
  next_day constant timestamptz := ((latest at time zone 'UTC')::date + 1)::timestamp at time zone 'UTC';
begin
  return query
  with stretches as ( -- what is dated later today counts already
    select d.user_id, d.concept_tag, d.closing_score - (d.gained + d.lost + d.forgotten + d.adjusted) as stored,
           date_part('epoch', least(d.previous_at, latest)) as began, width_bucket(date_part('epoch', d.closed_at) - 0.000001, epochs) as last_n,
           m.decay_factor
    from public.mastery_daily d
    join public.student_mastery m on m.user_id = d.user_id and m.concept_tag = d.concept_tag
    where d.user_id = any (learners) and m.user_id = any (learners) -- said twice, or all of student_mastery would be read
      and d.day > first_day and d.previous_at < next_day and d.opportunity - d.observations >= enough
      and (concept is null or d.concept_tag = concept)
    union all
    select m.user_id, m.concept_tag, m.mastery_score, date_part('epoch', least(m.last_assessed_at, latest)), cardinality(epochs), m.decay_factor
    from public.student_mastery m
    where m.user_id = any (learners) and m.last_assessed_at < next_day and m.observations >= enough
      and (concept is null or m.concept_tag = concept)
  ),
  placed as ( -- a moment at which it began is one of its own
    select s.*, width_bucket(s.began - 0.000001, epochs) + 1 as first_n,
           case when s.stored < 1e-30 then 0 when s.decay_factor < 1e-300 then -1e15 else ln(s.decay_factor) end / period as log_kept
    from stretches s
  )
  select case when by_learner then p.user_id end, case when not by_learner then p.concept_tag end, p.first_n, p.last_n, p.log_kept,
         sum(p.stored * exp(greatest(-300, p.log_kept * (epochs[p.first_n] - p.began) / 86400))), count(*)
  from placed p
  where p.first_n <= p.last_n
  group by 1, 2, 3, 4, 5;
end
$$;

-- The mean mastery of each learner of a cohort from moment to moment, as the 10th, 50th and 90th percentile over the learners; of one
-- concept, where it is named.
create function public.cohort_course(cohort uuid, moments timestamptz[], concept text default null)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.cohort_course(cohort, moments, concept);
end
$$;

create function private.cohort_course(cohort uuid, moments timestamptz[], concept text)
returns jsonb language plpgsql stable security definer
set search_path = '' set work_mem = '128MB' set enable_indexscan = off set plan_cache_mode = 'force_custom_plan' as $$
begin
  perform private.require_cohort(cohort);
  return (
    with means as (
      select s.user_id, n,
             sum(s.total * exp(greatest(-300, s.log_kept * date_part('epoch', moments[n] - moments[s.first_n]) / 86400))) / sum(s.pairs) as mean
      from private.stretches_of(private.learners_of(cohort), moments, concept, true) s
      cross join lateral generate_series(s.first_n, s.last_n) n
      group by s.user_id, n
    ),
    course as (
      select n, count(*) as learners, percentile_cont(array[0.1, 0.5, 0.9]) within group (order by mean) as at from means group by n
    )
    select jsonb_build_object(
      'learners', to_jsonb(array_agg(coalesce(c.learners, 0) order by n)), 'lower', to_jsonb(array_agg(c.at[1] order by n)),
      'middle', to_jsonb(array_agg(c.at[2] order by n)), 'upper', to_jsonb(array_agg(c.at[3] order by n)))
    from generate_series(1, cardinality(moments)) n left join course c using (n));
end
$$;

-- The concepts of a cohort: how its learners stand on each at the last of the moments, how the mean went from one to the next, and what
-- was practised in the days after ``since``.
create function public.cohort_concepts(cohort uuid, since date, moments timestamptz[], weak float, mastered float)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.cohort_concepts(cohort, since, moments, weak, mastered);
end
$$;

create function private.cohort_concepts(cohort uuid, since date, moments timestamptz[], weak float, mastered float)
returns jsonb language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  enough constant integer := 3;
  learners constant uuid[] := private.learners_of(cohort);
  until constant timestamptz := moments[cardinality(moments)];
  last_day constant date := (until at time zone 'UTC')::date;
begin
  perform private.require_cohort(cohort);
  return (
    with standing as (
      select s.concept_tag, count(*) as learners, count(*) filter (where s.observations < enough) as apart,
             count(*) filter (where s.observations >= enough and s.score < weak) as weak,
             count(*) filter (where s.observations >= enough and s.score >= weak and s.score < mastered) as developing,
             count(*) filter (where s.observations >= enough and s.score >= mastered) as mastered,
             avg(s.score) filter (where s.observations >= enough) as mean
      from private.standings_at(learners, until) s
      group by s.concept_tag
    ),
    practice as (
      select d.concept_tag, count(*) as practising, sum(d.observations) as observations, sum(d.graded) as graded, sum(d.correct) as correct,
             sum(d.practised) as practised
      from (
        select d.concept_tag, d.user_id, sum(d.observations) as observations, sum(d.graded) as graded, sum(d.correct) as correct,
               sum(d.gained + d.lost) as practised
        from public.mastery_daily d
        where d.user_id = any (learners) and d.day > since and d.day <= last_day and d.observations > 0
        group by d.concept_tag, d.user_id
      ) d
      group by d.concept_tag
    ),
    means as (
      select s.concept_tag, n,
             sum(s.total * exp(greatest(-300, s.log_kept * date_part('epoch', moments[n] - moments[s.first_n]) / 86400))) / sum(s.pairs) as mean
      from private.stretches_of(learners, moments, null, false) s
      cross join lateral generate_series(s.first_n, s.last_n) n
      group by s.concept_tag, n
    ),
    courses as (
      select s.concept_tag, to_jsonb(array_agg(m.mean order by n)) as course
      from standing s cross join generate_series(1, cardinality(moments)) n left join means m using (concept_tag, n)
      group by s.concept_tag
    )
    select coalesce(jsonb_agg(jsonb_build_object(
        'concept', s.concept_tag, 'learners', s.learners, 'apart', s.apart, 'weak', s.weak, 'developing', s.developing, 'mastered', s.mastered,
        'mean', s.mean, 'course', c.course, 'practising', coalesce(p.practising, 0), 'observations', coalesce(p.observations, 0),
        'graded', coalesce(p.graded, 0), 'correct', coalesce(p.correct, 0), 'practised', coalesce(p.practised, 0))
      order by s.mean nulls last, s.concept_tag), '[]')
    from standing s join courses c using (concept_tag) left join practice p using (concept_tag));
end
$$;

-- The scores of learners of a cohort, concept by concept, a cell a pair that was ever practised: which learner of those asked for (all where
-- none are named), the score and the observations. As json: there are many numbers, and jsonb would take each apart to store it.
create function public.cohort_cells(cohort uuid, until timestamptz, learners uuid[] default null, concept text default null)
returns json language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.cohort_cells(cohort, until, learners, concept);
end
$$;

create function private.cohort_cells(cohort uuid, until timestamptz, learners uuid[], concept text)
returns json language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  members constant uuid[] := private.learners_of(cohort);
  asked uuid[];
begin
  perform private.require_cohort(cohort);
  asked := coalesce(array(select each from unnest(learners) with ordinality as one (each, n) where each = any (members) order by n), '{}');
  if learners is null then
    asked := members;
  end if;
  return (
    with concepts as (
      select s.concept_tag, json_build_object(
        'concept', s.concept_tag, 'learner', array_agg(row.n), 'score', array_agg(s.score), 'observations', array_agg(s.observations)) as cells
      from private.standings_at(asked, until) s
      join unnest(asked) with ordinality as row (id, n) on row.id = s.user_id
      where concept is null or s.concept_tag = concept
      group by s.concept_tag
    )
    select json_build_object('learners', asked, 'concepts', coalesce(json_agg(cells order by concept_tag), '[]'))
    from concepts);
end
$$;

-- How often the answers of a cohort's learners on a concept were wrong, by the number of the observation: the first so many of each.
create function public.cohort_opportunities(cohort uuid, concept text, until timestamptz, most integer default 20)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.cohort_opportunities(cohort, concept, until, most);
end
$$;

create function private.cohort_opportunities(cohort uuid, concept text, until timestamptz, most integer)
returns jsonb language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
begin
  perform private.require_cohort(cohort);
  return (
    with answers as (
      select h.opportunity, h.is_correct
      from unnest(private.learners_of(cohort)) learner
      cross join lateral ( -- the first of each, by one stretch of an index, however many came after
        select * from public.mastery_history h
        where h.user_id = learner and h.concept_tag = concept and h.trigger_type <> 'decay' and h.trigger_type <> 'reset' and h.created_at <= until
        order by h.created_at, h.interaction_id
        limit most
      ) h
      where h.is_correct is not null and h.opportunity <= most
    ),
    counted as (
      select opportunity, count(*) as graded, count(*) filter (where is_correct) as correct from answers group by opportunity
    )
    select jsonb_build_object(
      'opportunity', coalesce(to_jsonb(array_agg(opportunity order by opportunity)), '[]'),
      'graded', coalesce(to_jsonb(array_agg(graded order by opportunity)), '[]'),
      'correct', coalesce(to_jsonb(array_agg(correct order by opportunity)), '[]'))
    from counted);
end
$$;

-- When the learners of a cohort were first and last active, and how many there are.
create function public.cohort_span(cohort uuid) returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.cohort_span(cohort);
end
$$;

create function private.cohort_span(cohort uuid) returns jsonb language plpgsql stable security definer set search_path = '' as $$
declare
  learners constant uuid[] := private.learners_of(cohort);
begin
  perform private.require_cohort(cohort);
  return (
    select jsonb_build_object(
      'id', c.id, 'name', c.name, 'archived_at', c.archived_at, 'in_research', c.in_research_since is not null, 'learners', cardinality(learners),
      'first_day', (
        select min(first.day) from unnest(learners) learner
        cross join lateral (select d.day from public.mastery_daily d where d.user_id = learner and d.observations > 0 order by d.day limit 1) first),
      'last_activity', (select max(m.last_assessed_at) from public.student_mastery m where m.user_id = any (learners)))
    from public.cohorts c where c.id = cohort);
end
$$;

do $$
declare
  made text;
begin
  foreach made in array array[
    'private.require_cohort(uuid)', 'private.learners_of(uuid)', 'private.standings_at(uuid[], timestamptz)',
    'private.stretches_of(uuid[], timestamptz[], text, boolean)'] loop
    execute format('revoke all on routine %s from public, anon, authenticated, service_role', made);
  end loop;
  foreach made in array array[
    'cohort_learners(uuid, date, timestamptz, float, float)', 'cohort_course(uuid, timestamptz[], text)',
    'cohort_concepts(uuid, date, timestamptz[], float, float)', 'cohort_cells(uuid, timestamptz, uuid[], text)',
    'cohort_opportunities(uuid, text, timestamptz, integer)', 'cohort_span(uuid)'] loop
    execute format('revoke all on routine public.%s, private.%1$s from public, anon, authenticated, service_role', made);
    execute format('grant execute on routine public.%s, private.%1$s to authenticated, service_role', made);
  end loop;
end
$$;
