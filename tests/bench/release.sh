#!/bin/sh
#
# release.sh DEVICE... - a release with curl: a token by client secret, then a POST for each device.
#
# Does      what a person would write who knows curl well: no secret in an argument, one call for all devices (four connections),
#           a status of 4xx or 5xx is a failure.
# Limits    nothing is tried again, nothing is paced, nothing is looked up.
# Rules     LOGIN_URL, API_URL, CA_FILE, TENANT, CLIENT_ID, SECRET_FILE say where and who.

set -eu
token=$(curl -sS --fail --cacert "$CA_FILE" -d "client_id=$CLIENT_ID" -d grant_type=client_credentials \
    --data-urlencode scope=https://api.securitycenter.microsoft.com/.default --data-urlencode "client_secret@$SECRET_FILE" \
    "$LOGIN_URL/$TENANT/oauth2/v2.0/token" | sed -n 's/.*"access_token": *"\([^"]*\)".*/\1/p')
{
    echo "header = \"Authorization: Bearer $token\""
    for device; do echo "url = $API_URL/api/machines/$device/unisolate"; done
} | curl -sS --fail --cacert "$CA_FILE" -Z --parallel-max 4 -H 'Content-Type: application/json' -d '{"Comment":"clean"}' -K -
