-- What may be asked. The rooms look once whether the one who asks may see the learner, by the list that the policies go by; the
-- policies themselves would ask again for each table of each statement, which is a third of an answer.
-- Lists come as columns (one array a column, all of one length): half the size, and numpy takes them as they are. The plans are those of
-- any learner: making a new one for each would cost more than the answer.

-- Every concept of a learner as last practised by a moment, with the running totals by then. The cost is one probe of an index a
-- concept, however long or often it was practised.
create function private.standing_at(learner uuid, moment timestamptz, concepts text[] default null)
returns table (
  concept_tag text, mastery_score float, last_assessed_at timestamptz, decay_factor float, observations integer,
  practised float, forgotten float, correct integer, graded integer)
language plpgsql stable set search_path = '' as $$
begin
  return query
  select m.concept_tag, coalesce(h.mastery_score, m.mastery_score), coalesce(h.created_at, m.last_assessed_at), m.decay_factor,
         coalesce(h.opportunity, m.observations), coalesce(h.practised, m.practised), coalesce(h.forgotten, m.forgotten),
         coalesce(h.correct, m.correct), coalesce(h.graded, m.graded)
  from public.student_mastery m
  left join lateral (
    select *
    from public.mastery_history h
    where m.last_assessed_at > moment
      and h.user_id = learner and h.concept_tag = m.concept_tag and h.trigger_type <> 'decay' and h.created_at <= moment
    order by h.created_at desc, h.interaction_id desc
    limit 1
  ) h on true
  where m.user_id = learner and (concepts is null or m.concept_tag = any (concepts))
    and (h.interaction_id is not null or m.last_assessed_at <= moment or m.last_assessed_at is null);
end
$$;

-- The settings in force for a learner: the house's, with thresholds of their own where they have set them. One that was set beside one of
-- the house, which has since moved past it, does not hold.
create function private.settings_for(learner uuid) returns jsonb language plpgsql stable set search_path = '' as $$
begin
  return (
    select to_jsonb(settings) - 'only_row' || jsonb_strip_nulls(jsonb_build_object(
      'weak_threshold', own.weak_below, 'mastered_threshold', own.mastered_from))
    from public.mastery_settings settings
    left join public.profiles own on own.id = learner
      and coalesce(own.weak_below, settings.weak_threshold) < coalesce(own.mastered_from, settings.mastered_threshold));
end
$$;

-- The rules that a learner's scores follow, and what each outcome is worth.
create function public.learner_rules(learner uuid) returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.learner_rules(learner);
end
$$;

create function private.learner_rules(learner uuid) returns jsonb language plpgsql stable security definer set search_path = '' as $$
begin
  perform private.require_visible(learner);
  return private.settings_for(learner) || jsonb_build_object(
    'deltas', (select jsonb_object_agg(outcome, delta) from public.outcome_rules where trigger_type <> 'reset'));
end
$$;

-- Where a learner stands at a moment: every concept as last practised by then, and the practice of the days before.
create function public.learner_mastery(learner uuid, at timestamptz default now(), concepts text[] default null, window_days float default 7)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.learner_mastery(learner, at, concepts, window_days);
end
$$;

create function private.learner_mastery(learner uuid, at timestamptz, concepts text[], window_days float)
returns jsonb language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
declare
  before_window timestamptz := at - window_days * interval '1 day' - interval '1 microsecond';
begin
  perform private.require_visible(learner);
  return (
    select jsonb_build_object(
      'settings', private.settings_for(learner),
      'concept_tag', coalesce(to_jsonb(array_agg(s.concept_tag)), '[]'),
      'stored_score', coalesce(to_jsonb(array_agg(s.mastery_score)), '[]'),
      'last_assessed_at', coalesce(to_jsonb(array_agg(s.last_assessed_at)), '[]'),
      'observations', coalesce(to_jsonb(array_agg(s.observations)), '[]'),
      'graded', coalesce(to_jsonb(array_agg(s.graded)), '[]'),
      'correct', coalesce(to_jsonb(array_agg(s.correct)), '[]'),
      'decay_factor', coalesce(to_jsonb(array_agg(s.decay_factor)), '[]'),
      'recent_delta', coalesce(to_jsonb(array_agg(s.practised - coalesce(earlier.practised, 0))), '[]'),
      'recent_forgetting', coalesce(to_jsonb(array_agg(s.forgotten - coalesce(earlier.forgotten, 0))), '[]'),
      'recent_events', coalesce(to_jsonb(array_agg(s.observations - coalesce(earlier.observations, 0))), '[]'))
    from private.standing_at(learner, at, concepts) s
    left join private.standing_at(learner, before_window, concepts) earlier using (concept_tag));
end
$$;

-- What came of a learner's practice between each two neighbours of a rising list of moments, in sums. A moment belongs to the period it
-- begins; the last one ends its period.
create function public.learner_practice(learner uuid, moments timestamptz[], zone text default 'UTC')
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.learner_practice(learner, moments, zone);
end
$$;

create function private.learner_practice(learner uuid, moments timestamptz[], zone text)
returns jsonb language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
begin
  perform private.require_visible(learner);
  return (
    with ends as materialized (
      select n, s.*
      from unnest(moments) with ordinality as ending (at, n)
      cross join lateral private.standing_at(learner, ending.at - case when n < cardinality(moments) then interval '1 microsecond' else '0' end) s
    ),
    sums as (
      select s.n,
             sum(s.observations - coalesce(earlier.observations, 0)) as observations,
             sum(s.correct - coalesce(earlier.correct, 0)) as correct, sum(s.graded - coalesce(earlier.graded, 0)) as graded,
             sum(s.practised - coalesce(earlier.practised, 0)) as practised, sum(s.forgotten - coalesce(earlier.forgotten, 0)) as forgotten,
             count(*) filter (where s.observations > coalesce(earlier.observations, 0)) as concepts
      from ends s left join ends earlier on earlier.n = s.n - 1 and earlier.concept_tag = s.concept_tag
      group by s.n
    )
    select jsonb_agg(jsonb_build_object(
      'observations', coalesce(sums.observations, 0), 'correct', coalesce(sums.correct, 0), 'graded', coalesce(sums.graded, 0),
      'practised', coalesce(sums.practised, 0), 'forgotten', coalesce(sums.forgotten, 0), 'concepts', coalesce(sums.concepts, 0),
      'days_practised', private.days_practised(learner, moments[n - 1], moments[n], n < cardinality(moments), zone)) order by n)
    from generate_series(2, cardinality(moments)) n left join sums using (n));
end
$$;

-- The days of a time zone with practice from a moment to another: one probe of an index a day.
create function private.days_practised(learner uuid, since timestamptz, until timestamptz, without_end boolean, zone text)
returns bigint language sql stable set search_path = '' as $$
  select count(*)
  from (select until + case when without_end then interval '0' else interval '1 microsecond' end as stop) ending
  cross join lateral (
    select day at time zone zone as opens, (day + interval '1 day') at time zone zone as closes
    from generate_series(
      date_trunc('day', greatest(since, (select min(h.created_at) from public.mastery_history h where h.user_id = learner)) at time zone zone),
      until at time zone zone, interval '1 day') day
  ) days
  cross join lateral ( -- with its limit a probe of the index, whatever the planner thinks of the rows there are
    select from public.mastery_history h
    where h.user_id = learner and h.created_at >= greatest(opens, since) and h.created_at < least(closes, ending.stop)
      and h.trigger_type not in ('decay', 'reset')
    limit 1
  ) practised
$$;

-- The rows of the history between two moments, newest first.
create function public.learner_history(learner uuid, concept text default null, since timestamptz default '-infinity', until timestamptz default now(), max_rows integer default 100)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.learner_history(learner, concept, since, until, max_rows);
end
$$;

create function private.learner_history(learner uuid, concept text, since timestamptz, until timestamptz, max_rows integer)
returns jsonb language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
begin
  perform private.require_visible(learner);
  return (
    select coalesce(jsonb_agg(to_jsonb(h) order by h.created_at desc, h.interaction_id desc, h.trigger_type = 'decay'), '[]')
    from (
      select h.interaction_id, h.user_id, h.concept_tag, h.mastery_score, h.delta, h.trigger_type, h.session_id, h.created_at, h.opportunity
      from public.mastery_history h
      where h.user_id = learner and (concept is null or h.concept_tag = concept) and h.created_at >= since and h.created_at <= until
      order by h.created_at desc, h.interaction_id desc, h.trigger_type = 'decay'
      limit max_rows
    ) h);
end
$$;

-- What a curve is drawn from: for each concept the state it starts from and its practice steps between two moments, thinned: of each
-- of so many equal stretches of time the first, last, lowest and highest step (M4: Jugel et al., "M4: a visualization-oriented time
-- series data aggregation", PVLDB 7(10), 2014).
create function public.learner_curves(learner uuid, concepts text[], since timestamptz, until timestamptz default now(), stretches integer default 200)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.learner_curves(learner, concepts, since, until, stretches);
end
$$;

create function private.learner_curves(learner uuid, concepts text[], since timestamptz, until timestamptz, stretches integer)
returns jsonb language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
declare
  length float := date_part('epoch', until - since) + 0.000001;
begin
  perform private.require_visible(learner);
  return (
    with steps as materialized (
      select h.concept_tag, h.opportunity, h.created_at, h.mastery_score, h.delta, h.trigger_type, h.is_correct,
             floor(date_part('epoch', h.created_at - since) / length * stretches) as stretch
      from public.mastery_history h
      where h.user_id = learner and h.concept_tag = any (concepts) and h.trigger_type <> 'decay'
        and h.created_at > since and h.created_at <= until
    ),
    picked as (
      select concept_tag, stretch, min(opportunity) as first, max(opportunity) as last,
             (min(array[mastery_score, opportunity]))[2] as lowest, -(max(array[mastery_score, -opportunity]))[2] as highest
      from steps group by concept_tag, stretch
    ),
    drawn as (
      select concept_tag,
             to_jsonb(array_agg(date_part('epoch', created_at) order by opportunity, trigger_type = 'reset')) as at,
             to_jsonb(array_agg(mastery_score order by opportunity, trigger_type = 'reset')) as score,
             to_jsonb(array_agg(delta order by opportunity, trigger_type = 'reset')) as delta,
             to_jsonb(array_agg(case when is_correct then 'correct' when not is_correct then 'incorrect' else trigger_type end
                                order by opportunity, trigger_type = 'reset')) as kind
      from steps join picked using (concept_tag, stretch)
      where opportunity in (first, last, lowest, highest)
      group by concept_tag
    )
    select jsonb_build_object(
      'settings', private.settings_for(learner),
      'curves', coalesce(jsonb_object_agg(m.concept_tag, jsonb_build_object(
        'decay_factor', m.decay_factor, 'start_at', date_part('epoch', s.last_assessed_at), 'start_score', s.mastery_score,
        'at', coalesce(d.at, '[]'), 'score', coalesce(d.score, '[]'), 'delta', coalesce(d.delta, '[]'),
        'kind', coalesce(d.kind, '[]'))), '{}'))
    from public.student_mastery m
    left join private.standing_at(learner, since, concepts) s using (concept_tag)
    left join drawn d using (concept_tag)
    where m.user_id = learner and m.concept_tag = any (concepts) and (s.last_assessed_at is not null or d.concept_tag is not null));
end
$$;

-- A learner's days between two moments: how every concept stood before, and how it closed each day it was practised.
create function public.learner_days(learner uuid, since timestamptz, until timestamptz default now())
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.learner_days(learner, since, until);
end
$$;

create function private.learner_days(learner uuid, since timestamptz, until timestamptz)
returns jsonb language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_generic_plan' as $$
declare
  before timestamptz := date_trunc('day', since, 'UTC') - interval '1 microsecond';
  last_day timestamptz := date_trunc('day', until, 'UTC');
  first_date date := (since at time zone 'UTC')::date;
  last_date date := (until at time zone 'UTC')::date;
begin
  perform private.require_visible(learner);
  return (
    with closings as (
      select concept_tag, last_assessed_at as at, mastery_score as score, observations
      from private.standing_at(learner, before) where last_assessed_at is not null
      union all
      select d.concept_tag, d.closed_at, d.closing_score, d.opportunity
      from public.mastery_daily d
      where d.user_id = learner and d.day >= first_date and d.day < last_date
      union all
      select concept_tag, last_assessed_at, mastery_score, observations
      from private.standing_at(learner, until) where last_assessed_at >= last_day
    )
    select jsonb_build_object(
      'settings', private.settings_for(learner),
      'decay_factors', (select coalesce(jsonb_object_agg(m.concept_tag, m.decay_factor), '{}') from public.student_mastery m where m.user_id = learner),
      'concept_tag', coalesce(to_jsonb(array_agg(c.concept_tag)), '[]'),
      'at', coalesce(to_jsonb(array_agg(date_part('epoch', c.at))), '[]'),
      'score', coalesce(to_jsonb(array_agg(c.score)), '[]'),
      'observations', coalesce(to_jsonb(array_agg(c.observations)), '[]'))
    from closings c);
end
$$;
