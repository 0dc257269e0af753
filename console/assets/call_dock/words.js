/* Words come from the server's wording; here they are only filled in. Times are the server's clock. */
const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in facts ? String(facts[name]) : whole));

const pad = (number) => String(number).padStart(2, "0");

const span = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  return whole < 3600
    ? `${Math.floor(whole / 60)}:${pad(whole % 60)}`
    : `${Math.floor(whole / 3600)}:${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}`;
};

const clock = (instant) => new Date(instant).toLocaleTimeString("en-GB", {hour: "2-digit", minute: "2-digit"});

const secondsSince = (instant, now) => (instant ? (now - Date.parse(instant)) / 1000 : 0);
const secondsUntil = (instant, now) => (instant ? Math.max(0, (Date.parse(instant) - now) / 1000) : 0);
