-- The rule of the score, once: what record_outcome applies to one outcome is what replay folds over all of them.
--
-- Scores live on a grid of 2^-44 (5.7e-14). Differences and sums of grid values are exact in double precision, which is
-- why a history telescopes exactly: initial score + the sum of all deltas = the stored score.

create function private.on_grid(score float) returns float language sql immutable parallel safe as $$
  select round(score * 17592186044416) / 17592186044416
$$;

-- The share of a score kept after a time without practice: decay_factor ^ (elapsed / period).
-- Below e^-600 it is 0, where power() would raise an underflow. Times before the last practice count as no time.
create function private.kept(decay_factor float, elapsed_days float, period_days float)
returns float language sql immutable parallel safe as $$
  select case
    when elapsed_days is null or elapsed_days <= 0 or decay_factor = 1 then 1
    when decay_factor = 0 then 0
    when ln(decay_factor) * elapsed_days / period_days < -600 then 0
    else power(decay_factor, elapsed_days / period_days)
  end
$$;

create function private.retained(score float, decay_factor float, elapsed_days float, period_days float)
returns float language sql immutable parallel safe as $$
  select case when score < 1e-30 then score else score * private.kept(decay_factor, elapsed_days, period_days) end
$$;
comment on function private.retained(float, float, float, float) is
  'A score below 1e-30 (only a database from before may hold one) is left as it is: its product would underflow, which is an error.';

-- One outcome. The state is {score before, score when it came (decayed), score after}; a reset puts its own score in force.
-- ``start`` is the score to begin from where there is no state yet.
create function private.step(state float[], kept float, delta float, reset_to float, start float)
returns float[] language plpgsql immutable parallel safe as $$
declare
  before float := coalesce(start, state[3]);
  decayed float := case when kept = 1 or before < 1e-30 then before else least(before, private.on_grid(before * kept)) end;
begin
  return array[before, decayed,
    coalesce(reset_to, least(1, greatest(0, private.on_grid(decayed + delta))))];
end
$$;

create aggregate private.fold (kept float, delta float, reset_to float, start float) (
  sfunc = private.step, stype = float[]
);

create function private.days_between(earlier timestamptz, later timestamptz) returns float language sql immutable parallel safe as $$
  select date_part('epoch', later - earlier) / 86400
$$;

create function private.utc_day(at timestamptz) returns date language sql immutable parallel safe as $$
  select (at at time zone 'UTC')::date
$$;

-- Who asks.

create function private.is_service() returns boolean language sql stable as $$
  select current_setting('role', true) in ('service_role', 'none')
$$;
comment on function private.is_service() is
  'The service, or the owner of the database at its own console. PostgREST and the embedded transport always set a role.';

create function private.require_writer(learner uuid) returns void language plpgsql stable set search_path = '' as $$
begin
  if not private.is_service() and learner is distinct from auth.uid() then
    raise exception 'You may record and change only what is your own.' using errcode = '42501';
  end if;
end
$$;

create function private.require_service() returns void language plpgsql stable set search_path = '' as $$
begin
  if not private.is_service() then
    raise exception 'This is for the service alone.' using errcode = '42501';
  end if;
end
$$;

-- Whom row-level security does not show does not exist for the one who asks.
create function private.require_visible(learner uuid) returns void language plpgsql stable set search_path = '' as $$
begin
  if not exists (select from public.profiles where id = learner) then
    raise exception 'There is no such person, or not one you may see.' using errcode = 'P0002';
  end if;
end
$$;

-- What may be written.

create function private.require_concept(concept text) returns void language plpgsql immutable set search_path = '' as $$
begin
  if concept is null or btrim(concept) = '' then
    raise exception 'A concept needs a name.' using errcode = '22023';
  elsif length(concept) > 500 then
    raise exception 'A concept name has at most 500 characters; this one has %.', length(concept) using errcode = '22023';
  elsif concept ~ '[\u0001-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]' then
    raise exception 'A concept name holds no control or invisible direction characters.' using errcode = '22023';
  end if;
end
$$;

create function private.require_time(at timestamptz) returns void language plpgsql stable set search_path = '' as $$
begin
  if at is null or not isfinite(at) or at < '1970-01-01Z' or at > now() + interval '1 day' then
    raise exception 'The time % cannot be: it lies before 1970 or in the future.', coalesce(at::text, 'nothing') using errcode = '22023';
  end if;
end
$$;

create function private.rule_of(wanted text) returns public.outcome_rules language plpgsql stable set search_path = '' as $$
declare
  rule public.outcome_rules;
begin
  select * into rule from public.outcome_rules where outcome = wanted and trigger_type <> 'reset';
  if not found then
    raise exception 'Unknown outcome "%": use one of %.', left(wanted, 80),
      (select string_agg(outcome, ', ' order by outcome) from public.outcome_rules where trigger_type <> 'reset')
      using errcode = '22023';
  end if;
  return rule;
end
$$;

create function private.lock_learner(learner uuid) returns void language plpgsql set search_path = '' as $$
begin
  perform from public.profiles where id = learner for no key update;
  if not found then
    raise exception 'There is no such person.' using errcode = 'P0002';
  end if;
end
$$;
comment on function private.lock_learner(uuid) is 'The one lock of every write: one learner, one writer at a time.';
