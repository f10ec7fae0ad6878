{{/* What the schema cannot say: values that need or exclude each other. One sentence each. */}}

{{- define "softprobe.several" -}}
{{- if or (gt (int .Values.replicas) 1) .Values.autoscaling.enabled }}yes{{ end -}}
{{- end }}

{{/* One pod at a time: a new one cannot mount the volume of the old one. */}}
{{- define "softprobe.alone" -}}
{{- with .Values.captures -}}
{{- if and (eq .kind "volume") (eq .volume.accessMode "ReadWriteOnce") }}yes{{ end -}}
{{- end -}}
{{- end }}

{{/* Takes durations by the values that name them. */}}
{{- define "softprobe.checkDurations" -}}
{{- range $name, $value := . -}}
{{- if not (regexMatch "^[0-9]+([.][0-9]+)?(ms|s|m|h|d)$" $value) -}}
{{- fail (printf "%s: expected a duration with its unit, such as 90s, 30m, 24h or 7d, not %q" $name $value) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Takes the names of Secrets by the values that name them. */}}
{{- define "softprobe.checkSecrets" -}}
{{- range $name, $value := . -}}
{{- if and $value (not (regexMatch "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$" $value)) -}}
{{- fail (printf "%s: expected the name of a Secret, of lowercase letters, digits, - and ." $name) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "softprobe.checkForms" -}}
{{- with .Values -}}
{{- include "softprobe.checkDurations" (dict "settings.sessionTtl" .settings.sessionTtl) -}}
{{- include "softprobe.checkSecrets" (dict
  "auth.token.existingSecret" .auth.token.existingSecret
  "metrics.token.existingSecret" .metrics.token.existingSecret
  "valkey.password.existingSecret" .valkey.password.existingSecret
  "store.url.existingSecret" .store.url.existingSecret
  "store.password.existingSecret" .store.password.existingSecret
  "store.sentinel.password.existingSecret" .store.sentinel.password.existingSecret
  "store.tls.caSecret" .store.tls.caSecret
  "store.tls.clientSecret" .store.tls.clientSecret
  "captures.existingSecret" .captures.existingSecret
  "ingress.tlsSecret" .ingress.tlsSecret) -}}
{{- range .store.nodes -}}
{{- if not (regexMatch "^(\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9._-]+):[0-9]{1,5}$" .) -}}
{{- fail (printf "store.nodes: expected host:port for each, such as redis-0.redis:6379, not %q" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Whether the pods get a variable by other values than the chart's own: said there, or perhaps held by a Secret. */}}
{{- define "softprobe.givenElsewhere" -}}
{{- $v := .root.Values -}}
{{- if or $v.captures.existingSecret $v.extraEnvFrom }}yes{{ end -}}
{{- range $v.extraEnv }}{{ if eq .name $.name }}yes{{ end }}{{ end -}}
{{- end }}

{{- define "softprobe.checkStore" -}}
{{- $parts := or .Values.store.nodes (include "softprobe.given" .Values.store.password) .Values.store.username -}}
{{- $url := include "softprobe.given" .Values.store.url -}}
{{- if and .Values.valkey.enabled (or $parts $url) -}}
{{- fail "store: a store of yours and the bundled one exclude each other; set valkey.enabled=false" -}}
{{- end -}}
{{- if and .Values.valkey.enabled (eq .Values.settings.storeAck "replica") -}}
{{- fail "settings.storeAck: the bundled store has no replica to wait for; use memory or aof" -}}
{{- end -}}
{{- if not .Values.valkey.enabled -}}
{{- if and $url $parts -}}
{{- fail "store: give either store.url or its parts (nodes, username, password), not both" -}}
{{- end -}}
{{- if not (or $url .Values.store.nodes) -}}
{{- fail "store: valkey.enabled=false needs store.url or store.nodes" -}}
{{- end -}}
{{- if and (eq .Values.store.form "sentinel") (not $url) (not .Values.store.service) -}}
{{- fail "store.service: form sentinel needs the name by which Sentinel knows the primary" -}}
{{- end -}}
{{- if and (eq .Values.store.form "server") (gt (len .Values.store.nodes) 1) -}}
{{- fail "store.nodes: form server takes one; for several set form to cluster or sentinel" -}}
{{- end -}}
{{- if and (eq .Values.store.form "cluster") (int .Values.store.database) -}}
{{- fail "store.database: a cluster has no other than 0" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "softprobe.checkCaptures" -}}
{{- $several := include "softprobe.several" . -}}
{{- with .Values.captures -}}
{{- if and $several (include "softprobe.alone" $) -}}
{{- fail "captures.volume.accessMode: several replicas need ReadWriteMany, or captures.kind s3, gs or azblob" -}}
{{- end -}}
{{- if and $several (eq .kind "ephemeral") -}}
{{- fail "captures.kind: ephemeral is for one replica: the others could not read what one has written" -}}
{{- end -}}
{{- if and (has .kind (list "s3" "gs" "azblob")) (not .bucket) -}}
{{- fail (printf "captures.bucket: kind %s needs the name of the bucket or container" .kind) -}}
{{- end -}}
{{- if or (contains "://" .bucket) (contains "/" .bucket) -}}
{{- fail "captures.bucket: expected the name alone; the scheme comes from captures.kind, folders from captures.prefix" -}}
{{- end -}}
{{- if and (eq .kind "s3") (not .s3.region) (not (include "softprobe.givenElsewhere" (dict "root" $ "name" "AWS_REGION"))) -}}
{{- fail "captures.s3.region: kind s3 needs the bucket's region, such as eu-central-1" -}}
{{- end -}}
{{- if and (eq .kind "azblob") (not .azblob.account) (not (include "softprobe.givenElsewhere" (dict "root" $ "name" "AZURE_STORAGE_ACCOUNT_NAME"))) -}}
{{- fail "captures.azblob.account: kind azblob needs the name of the storage account" -}}
{{- end -}}
{{- if not (contains "{sessionId}" (include "softprobe.capturesPath" $)) -}}
{{- fail "captures.name: it has to hold {sessionId}, or one capture would overwrite another" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "softprobe.checkAuth" -}}
{{- $token := include "softprobe.given" .Values.auth.token -}}
{{- if and (eq .Values.auth.mode "token") (not $token) -}}
{{- fail "auth.token: mode token needs a value or an existingSecret" -}}
{{- end -}}
{{- if and (has .Values.auth.mode (list "none" "keys")) $token -}}
{{- fail (printf "auth.mode: %s and an auth.token exclude each other" .Values.auth.mode) -}}
{{- end -}}
{{- if and (eq .Values.auth.mode "keys") .Values.settings.quotas -}}
{{- fail "settings.quotas: auth.mode keys has the limits of each organisation's tier and its own instead" -}}
{{- end -}}
{{- if and (eq .Values.auth.mode "keys") (not (contains "{org}" (include "softprobe.capturesPath" .))) -}}
{{- fail "captures.name: auth.mode keys needs {org} in it, so that each organisation's captures lie apart" -}}
{{- end -}}
{{- end }}

{{- define "softprobe.checkReplicas" -}}
{{- with .Values.autoscaling -}}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) -}}
{{- fail "autoscaling.minReplicas: it is more than maxReplicas" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "softprobe.checks" -}}
{{- include "softprobe.checkForms" . -}}
{{- include "softprobe.checkReplicas" . -}}
{{- include "softprobe.checkStore" . -}}
{{- include "softprobe.checkCaptures" . -}}
{{- include "softprobe.checkAuth" . -}}
{{- end }}
