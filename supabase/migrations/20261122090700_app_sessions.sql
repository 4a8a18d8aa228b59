-- Sessions of the web app, where several of its processes share them. For the service alone.

create table private.app_sessions (
  key text primary key,
  value jsonb not null,
  expires_at timestamptz not null,
  claimed_until timestamptz
);
comment on column private.app_sessions.claimed_until is 'Until when one process has the right to renew the session, the others wait.';
create index app_sessions_by_expiry on private.app_sessions (expires_at);
revoke all on private.app_sessions from public, anon, authenticated, service_role;

set check_function_bodies = off;

-- What was put under a key; null where there is nothing, or no more.
create function public.app_session_get(key text) returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.app_session_get(key);
end
$$;

create function private.app_session_get(key text) returns jsonb language plpgsql stable security definer set search_path = '' as $$
begin
  perform private.require_service();
  return (select s.value from private.app_sessions s where s.key = app_session_get.key and s.expires_at > clock_timestamp());
end
$$;

-- Put a value under a key for so many seconds, or replace what is there and nothing else. It frees the claim, and sweeps a few that expired.
create function public.app_session_put(key text, value jsonb, seconds float, only_replace boolean default false) returns jsonb
language plpgsql security invoker set search_path = '' as $$
begin
  return private.app_session_put(key, value, seconds, only_replace);
end
$$;

create function private.app_session_put(key text, value jsonb, seconds float, only_replace boolean) returns jsonb
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  until constant timestamptz := clock_timestamp() + app_session_put.seconds * interval '1 second';
begin
  perform private.require_service();
  if app_session_put.only_replace then
    update private.app_sessions s set value = app_session_put.value, expires_at = until, claimed_until = null
    where s.key = app_session_put.key and s.expires_at > clock_timestamp();
    return to_jsonb(found);
  end if;
  insert into private.app_sessions (key, value, expires_at) values (app_session_put.key, app_session_put.value, until)
  on conflict (key) do update set value = excluded.value, expires_at = excluded.expires_at, claimed_until = null;
  delete from private.app_sessions
  where key in (select s.key from private.app_sessions s where s.expires_at < clock_timestamp() limit 10 for update skip locked);
  return to_jsonb(true);
end
$$;

-- Keep what is there for so many seconds from now; whether there was something.
create function public.app_session_touch(key text, seconds float) returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.app_session_touch(key, seconds);
end
$$;

create function private.app_session_touch(key text, seconds float) returns jsonb language plpgsql security definer set search_path = '' as $$
begin
  perform private.require_service();
  update private.app_sessions s set expires_at = clock_timestamp() + seconds * interval '1 second'
  where s.key = app_session_touch.key and s.expires_at > clock_timestamp();
  return to_jsonb(found);
end
$$;

create function public.app_session_delete(key text) returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.app_session_delete(key);
end
$$;

create function private.app_session_delete(key text) returns jsonb language plpgsql security definer set search_path = '' as $$
begin
  perform private.require_service();
  delete from private.app_sessions s where s.key = app_session_delete.key;
  return to_jsonb(found);
end
$$;

-- Whether the one who asks may renew the session: one does, until so many seconds went by or it is put again.
create function public.app_session_claim(key text, seconds float) returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.app_session_claim(key, seconds);
end
$$;

create function private.app_session_claim(key text, seconds float) returns jsonb language plpgsql security definer set search_path = '' as $$
begin
  perform private.require_service();
  update private.app_sessions s set claimed_until = clock_timestamp() + seconds * interval '1 second'
  where s.key = app_session_claim.key and s.expires_at > clock_timestamp()
    and (s.claimed_until is null or s.claimed_until <= clock_timestamp());
  return to_jsonb(found);
end
$$;
