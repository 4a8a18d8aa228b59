-- What a researcher may know: what the learners of consenting cohorts did, under names that only this database can give. A learner
-- is left out by their own choice, and a cohort in which fewer take part than mastery_settings.smallest_cohort.

set check_function_bodies = off;

create function private.random_block() returns bytea language sql volatile set search_path = '' as $$
  select decode(string_agg(replace(gen_random_uuid()::text, '-', ''), ''), 'hex') from generate_series(1, 4)
$$;

-- What makes the names. It never leaves the database: nothing but these functions reads it.
create table private.research_key (
  only_row boolean primary key default true check (only_row),
  inner_key bytea not null default private.random_block(),
  outer_key bytea not null default private.random_block()
);
insert into private.research_key default values;
alter table private.research_key enable row level security;
revoke all on private.research_key from public, anon, authenticated, service_role;

-- A name for a thing of some kind, 16 hexadecimal digits: the beginning of its nested keyed hash under SHA-256, each key a whole
-- block before the text (NMAC: Bellare, Canetti and Krawczyk, Keying Hash Functions for Message Authentication, 1996).
create function private.pseudonym(kind text, id uuid) returns text language sql stable set search_path = '' as $$
  select left(encode(sha256(k.outer_key || sha256(k.inner_key || convert_to(kind || ':' || id, 'UTF8'))), 'hex'), 16)
  from private.research_key k
$$;

create function private.require_researcher() returns void language plpgsql stable security definer set search_path = '' as $$
begin
  if not (private.is_keeper() or exists (select from auth.users where id = auth.uid() and raw_app_meta_data ->> 'role' = 'researcher')) then
    raise exception 'This is for researchers.' using errcode = '42501';
  end if;
end
$$;

-- What learners chose. Who is not in it takes part.
create table private.research_choices (
  user_id uuid primary key references public.profiles (id) on delete cascade,
  takes_part boolean not null,
  since timestamptz not null default now()
);
alter table private.research_choices enable row level security;
revoke all on private.research_choices from public, anon, authenticated, service_role;

create function private.takes_part(person uuid) returns boolean language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce((select c.takes_part from private.research_choices c where c.user_id = person), true);
end
$$;

-- Who takes part, each in one cohort: of those that consent the one joined first, so that nobody counts twice. Learners who never
-- practised do not make a cohort large. ``since`` is another one whenever somebody came (back): into the cohort, into research, or with it.
create function private.researched() returns table (user_id uuid, learner text, cohort text, since text)
language plpgsql stable rows 1000 set search_path = '' as $$
begin
  return query
  with placed as (
    select distinct on (m.user_id) m.user_id, m.cohort_id,
           concat_ws(' ', date_part('epoch', m.added_at), date_part('epoch', c.in_research_since), date_part('epoch', choice.since)) as since
    from public.cohort_members m
    join public.cohorts c on c.id = m.cohort_id
    left join private.research_choices choice on choice.user_id = m.user_id
    where m.role = 'student' and c.in_research_since is not null and choice.takes_part is not false
      and exists (select from public.mastery_daily d where d.user_id = m.user_id and d.observations > 0)
    order by m.user_id, m.added_at, m.cohort_id
  ),
  large as (
    select p.cohort_id, private.pseudonym('cohort', p.cohort_id) as name from placed p
    group by p.cohort_id having count(*) >= (select smallest_cohort from public.mastery_settings)
  )
  select p.user_id, private.pseudonym('learner', p.user_id), l.name, p.since from placed p join large l on l.cohort_id = p.cohort_id;
end
$$;

-- The days (of UTC) with practice, about how many events each, and a signature of all that a day tells. Whatever changes the history
-- of a day writes its daily rows anew, and whoever comes or goes changes whose rows there are: so the signature follows from the versions
-- of these rows (xmin). It says that something may have changed, never what; in another database it is another one.
create function public.research_days() returns json language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.research_days();
end
$$;

create function private.research_days() returns json language plpgsql stable security definer
set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
begin
  perform private.require_researcher();
  return (
    with learners as materialized (
      select r.user_id, hashtextextended(concat_ws(' ', r.learner, r.cohort, r.since), 0) as named from private.researched() r
    ),
    days as (
      select d.day, sum(greatest(d.observations, 1)) as observations, bit_xor(hashtextextended(d.concept_tag || ' ' || d.xmin, l.named)) as signature
      from public.mastery_daily d join learners l on l.user_id = d.user_id
      group by d.day
    )
    select json_build_object(
      'settings', (select to_jsonb(s) - 'only_row' from public.mastery_settings s),
      'rules', (select jsonb_agg(to_jsonb(r) order by r.outcome) from public.outcome_rules r),
      'day', coalesce(json_agg(d.day order by d.day), '[]'), 'observations', coalesce(json_agg(d.observations order by d.day), '[]'),
      'signature', coalesce(json_agg(to_hex(d.signature) order by d.day), '[]'))
    from days d);
end
$$;

-- The learners who practised on these days, in the order of their names, with their cohort and about how many events.
create function public.research_learners(days date[]) returns json language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.research_learners(days);
end
$$;

create function private.research_learners(days date[]) returns json language plpgsql stable security definer
set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
begin
  perform private.require_researcher();
  return (
    with found as (
      select r.learner, r.cohort, sum(greatest(d.observations, 1)) as observations
      from private.researched() r join public.mastery_daily d on d.user_id = r.user_id
      where d.day = any (days)
      group by r.learner, r.cohort
    )
    select json_build_object(
      'learner', coalesce(json_agg(f.learner order by f.learner collate "C"), '[]'),
      'cohort', coalesce(json_agg(f.cohort order by f.learner collate "C"), '[]'),
      'observations', coalesce(json_agg(f.observations order by f.learner collate "C"), '[]'))
    from found f);
end
$$;

-- What learners did on these days, as columns: learner by learner, concept by concept, in the order in which it happened. ``learner`` is
-- the place (from 0) in the list asked for, ``at`` in microseconds since 1970, ``gap`` in seconds since the concept was touched before,
-- null the first time. ``before`` is the score that an outcome met, after ``forgotten`` (at most 0) was taken from it in the gap. Each
-- table is asked for these learners, of all it holds; of one that has just been filled PostgreSQL knows nothing, and would go through
-- it for each event (enable_nestloop).
create function public.research_events(days date[], learners text[]) returns json language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.research_events(days, learners);
end
$$;

create function private.research_events(days date[], learners text[]) returns json language plpgsql stable security definer
set search_path = '' set work_mem = '64MB' set enable_nestloop = off set plan_cache_mode = 'force_custom_plan' as $$
declare
  beginning constant timestamptz := (select min(each) from unnest(days) each)::timestamp at time zone 'UTC';
  ending constant timestamptz := ((select max(each) from unnest(days) each) + 1)::timestamp at time zone 'UTC';
  people uuid[];
begin
  perform private.require_researcher();
  people := (
    select array_agg(r.user_id order by asked.n) -- null for who is gone
    from unnest(learners) with ordinality as asked (name, n) left join private.researched() r on r.learner = asked.name);
  return (
    with told as ( -- of one day what went before lies in the row before, of the first one in that of the day
      select (p.n - 1)::integer as learner, h.*, (h.created_at at time zone 'UTC')::date as day, lag(h.interaction_id) over in_order = h.interaction_id as faded,
             lag(h.delta) over in_order as lost, lag(h.created_at) over in_order as previous, lag(h.created_at, 2) over in_order as one_more
      from unnest(people) with ordinality as p (user_id, n) join public.mastery_history h on h.user_id = p.user_id
      where h.user_id = any (people) and h.created_at >= beginning and h.created_at < ending and (h.created_at at time zone 'UTC')::date = any (days)
      window in_order as (
        partition by p.n, h.concept_tag, (h.created_at at time zone 'UTC')::date
        order by h.created_at, h.interaction_id, h.trigger_type <> 'decay')
    ),
    sessions as materialized ( -- each name once
      select s.session_id, private.pseudonym('session', s.session_id) as session
      from (select distinct t.session_id from told t where t.session_id is not null) s
    ),
    events as (
      select t.learner, t.concept_tag, t.created_at, i.outcome, t.trigger_type, t.is_correct, t.opportunity, t.mastery_score - t.delta as before,
             t.mastery_score as after, t.delta, case when t.faded then t.lost else 0 end as forgotten, s.session,
             date_part('epoch', t.created_at - coalesce(case when t.faded then t.one_more else t.previous end, d.previous_at)) as gap
      from told t
      join public.interactions i on i.id = t.interaction_id
      join public.mastery_daily d on d.user_id = t.user_id and d.day = t.day and d.concept_tag = t.concept_tag
      left join sessions s on s.session_id = t.session_id
      where t.trigger_type <> 'decay' and i.student_id = any (people) and i.created_at >= beginning and i.created_at < ending
        and d.user_id = any (people) and d.day = any (days)
      order by t.learner, t.concept_tag collate "C", t.created_at, t.interaction_id
    )
    select json_build_object(
      'learner', coalesce(array_to_json(array_agg(e.learner)), '[]'),
      'concept', coalesce(array_to_json(array_agg(e.concept_tag)), '[]'),
      'at', coalesce(array_to_json(array_agg(round(date_part('epoch', e.created_at) * 1000000)::bigint)), '[]'),
      'outcome', coalesce(array_to_json(array_agg(e.outcome)), '[]'),
      'trigger', coalesce(array_to_json(array_agg(e.trigger_type)), '[]'),
      'is_correct', coalesce(array_to_json(array_agg(e.is_correct)), '[]'),
      'opportunity', coalesce(array_to_json(array_agg(e.opportunity)), '[]'),
      'before', coalesce(array_to_json(array_agg(e.before)), '[]'), 'after', coalesce(array_to_json(array_agg(e.after)), '[]'),
      'delta', coalesce(array_to_json(array_agg(e.delta)), '[]'), 'forgotten', coalesce(array_to_json(array_agg(e.forgotten)), '[]'),
      'gap', coalesce(array_to_json(array_agg(e.gap)), '[]'), 'session', coalesce(array_to_json(array_agg(e.session)), '[]'))
    from events e);
end
$$;

-- What a cohort's keepers and a learner say about it.
create function public.share_cohort(cohort uuid, shared boolean) returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.share_cohort(cohort, shared);
end
$$;

create function private.share_cohort(cohort uuid, shared boolean) returns jsonb language plpgsql security definer set search_path = '' as $$
begin
  perform private.keep_cohort(cohort);
  if shared is null then
    raise exception 'A cohort is shared with researchers or it is not: say which.' using errcode = '22023';
  end if;
  update public.cohorts c set in_research_since = case when shared then coalesce(c.in_research_since, now()) end where c.id = cohort;
  return jsonb_build_object('id', cohort, 'in_research', shared);
end
$$;

create function public.take_part(learner uuid, in_research boolean) returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.take_part(learner, in_research);
end
$$;

create function private.take_part(learner uuid, in_research boolean) returns jsonb language plpgsql security definer set search_path = '' as $$
begin
  perform private.require_writer(learner);
  perform private.lock_learner(learner);
  if in_research is null then
    raise exception 'A learner takes part in research or does not: say which.' using errcode = '22023';
  end if;
  insert into private.research_choices as choice (user_id, takes_part) values (learner, in_research)
  on conflict (user_id) do update set takes_part = excluded.takes_part, since = excluded.since
    where choice.takes_part <> excluded.takes_part;
  return jsonb_build_object('id', learner, 'in_research', in_research);
end
$$;

do $$
declare
  made text;
begin
  foreach made in array array['private.pseudonym(text, uuid)', 'private.require_researcher()', 'private.researched()', 'private.takes_part(uuid)', 'private.random_block()'] loop
    execute format('revoke all on routine %s from public, anon, authenticated, service_role', made);
  end loop;
  foreach made in array array[
    'research_days()', 'research_learners(date[])', 'research_events(date[], text[])', 'share_cohort(uuid, boolean)',
    'take_part(uuid, boolean)'] loop
    execute format('revoke all on routine public.%s, private.%1$s from public, anon, authenticated, service_role', made);
    execute format('grant execute on routine public.%s, private.%1$s to authenticated, service_role', made);
  end loop;
end
$$;
