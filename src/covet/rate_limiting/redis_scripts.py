"""
The scripts that Redis runs: the algorithms of `covet.rate_limiting.algorithms`, by the clock of the server.

Redis runs one script at a time, so each is one step for all who count. They count in doubles, which are exact here.
"""

from collections.abc import Mapping
from typing import Final

from covet.rate_limiting.limit import Algorithm

# The last argument is the time in milliseconds if it is not the server's: for tests.
_TIME: Final = """
local now = tonumber(ARGV[#ARGV])
if not now then
    local time = redis.call('TIME')
    now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
"""
_HEAD: Final = (
    _TIME
    + """
local calls, period, capacity = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local cost, width = tonumber(ARGV[4]), tonumber(ARGV[5])
local state = {}
for number in string.gmatch(redis.call('GET', KEYS[1]) or '', '%d+') do state[#state + 1] = tonumber(number) end
local function keep(reset)
    local texts = {}
    for position, number in ipairs(state) do texts[position] = string.format('%.0f', number) end
    redis.call('SET', KEYS[1], table.concat(texts, ','), 'PX', string.format('%.0f', math.max(reset, 1)))
end
"""
)

_FIXED_WINDOW: Final = """
local finish, used = state[1] or 0, state[2] or 0
if now >= finish then
    finish, used = now + period, 0
elseif finish - now > period then
    finish = now + period
end
local left = finish - now
local allowed = used + cost <= calls
if allowed then used = used + cost end
state = {finish, used}
keep(left)
return {allowed and 1 or 0, math.max(calls - used, 0), left, allowed and 0 or left}
"""

_SLIDING_WINDOW: Final = """
local step = math.floor(now / width)
local gone = math.floor((now - period) / width) - 1
local kept, used = {}, 0
for position = 1, #state, 2 do
    local at, count = state[position], state[position + 1]
    if at > gone then
        at = math.min(at, step)
        if kept[#kept - 1] == at then
            kept[#kept] = kept[#kept] + count
        else
            kept[#kept + 1] = at
            kept[#kept + 1] = count
        end
        used = used + count
    end
end
state = kept
if used + cost > calls then
    local retry = period
    if cost <= calls then
        local needed, position = used + cost - calls, 1
        while needed > state[position + 1] do
            needed = needed - state[position + 1]
            position = position + 2
        end
        retry = (state[position] + 1) * width + period - now
    end
    local reset = 0
    if #state > 0 then
        reset = (state[#state - 1] + 1) * width + period - now
        keep(reset)
    else
        redis.call('DEL', KEYS[1])
    end
    return {0, math.max(calls - used, 0), reset, retry}
end
if state[#state - 1] == step then
    state[#state] = state[#state] + cost
else
    state[#state + 1] = step
    state[#state + 1] = cost
end
local reset = (step + 1) * width + period - now
keep(reset)
return {1, calls - used - cost, reset, 0}
"""

_BUCKET: Final = """
local full = capacity * period
local content, time = state[1] or full, state[2] or now
local elapsed = math.min(math.max(now - time, 0), math.floor(full / calls) + 1)
content = math.min(content + elapsed * calls, full)
local wanted = cost * period
local allowed = wanted <= content
local retry = 0
if allowed then
    content = content - wanted
else
    retry = math.ceil((math.min(wanted, full) - content) / calls)
    if retry == 0 then retry = period end
end
local reset = math.ceil((full - content) / calls)
state = {content, now}
keep(reset)
return {allowed and 1 or 0, math.floor(content / period), reset, retry}
"""

COUNT_SCRIPTS: Final[Mapping[Algorithm, str]] = {
    "fixed_window": _HEAD + _FIXED_WINDOW,
    "sliding_window": _HEAD + _SLIDING_WINDOW,
    "token_bucket": _HEAD + _BUCKET,
}
"""What counts by each algorithm: gives whether it is allowed, what remains, and two times in milliseconds."""

ACQUIRE_SCRIPT: Final = (
    _TIME
    + """
local token, slots, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
local held = redis.call('ZCARD', KEYS[1])
if held >= slots then return {0, 0} end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + lease), token)
if redis.call('PTTL', KEYS[1]) < lease then redis.call('PEXPIRE', KEYS[1], string.format('%.0f', lease)) end
return {1, slots - held - 1}
"""
)
"""What takes a slot: gives whether it was free, and how many still are."""
