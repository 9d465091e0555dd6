#!/bin/sh
#
# image.sh - a container image as one archive: .ci/image.sh RESULT VERSION COMMIT EPOCH ARCHITECTURE=FILE...
#
# Does      an OCI image layout in a tar: an index with one image an architecture, each FROM scratch with the one file /unisolate,
#           which runs as a user that is not root; and a manifest.json, for docker's own `load`.
# Not here  building the files, pushing the image.
# Limits    layers are not compressed, so that no compressor's version shows in a digest.
# Rules     OCI Image Specification 1.0.2: image-layout.md, image-index.md, manifest.md, config.md, annotations.md. The same arguments and
#           files give the same bytes: names sorted, no owner, no time but EPOCH.

set -eu
LC_ALL=C
export LC_ALL
result=$1 version=$2 commit=$3 epoch=$4
shift 4
user=65532:65532 # what others call "nonroot"
created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
media=application/vnd.oci.image
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir -p "$work/image/blobs/sha256" "$work/layer"

# pack FOLDER NAME...: a tar on standard output
pack() {
    folder=$1
    shift
    tar -C "$folder" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" --format=ustar -cf - "$@"
}

# blob FILE: moved to where its digest says; sets digest and descriptor (without media type)
blob() {
    digest=$(sha256sum <"$1" | cut -d ' ' -f 1)
    descriptor="\"digest\":\"sha256:$digest\",\"size\":$(wc -c <"$1")"
    mv "$1" "$work/image/blobs/sha256/$digest"
}

manifests='' docker=''
for pair; do
    architecture=${pair%%=*}
    cp "${pair#*=}" "$work/layer/unisolate"
    chmod 555 "$work/layer/unisolate"
    pack "$work/layer" unisolate >"$work/blob"
    blob "$work/blob"
    layer=$digest layer_descriptor=$descriptor
    labels="\"org.opencontainers.image.title\":\"unisolate\",\"org.opencontainers.image.version\":\"$version\""
    labels="$labels,\"org.opencontainers.image.revision\":\"$commit\",\"org.opencontainers.image.created\":\"$created\""
    labels="$labels,\"org.opencontainers.image.licenses\":\"MIT AND Apache-2.0\""
    labels="$labels,\"org.opencontainers.image.description\":\"Releases devices from isolation through Microsoft Defender for Endpoint\""
    printf '%s' "{\"created\":\"$created\",\"architecture\":\"$architecture\",\"os\":\"linux\"," \
        "\"config\":{\"User\":\"$user\",\"Entrypoint\":[\"/unisolate\"],\"Labels\":{$labels}}," \
        "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:$layer\"]}," \
        "\"history\":[{\"created\":\"$created\",\"created_by\":\"build.sh release\"}]}" >"$work/blob"
    blob "$work/blob"
    docker="$docker${docker:+,}{\"Config\":\"blobs/sha256/$digest\",\"RepoTags\":[\"unisolate:$version-$architecture\"]"
    docker="$docker,\"Layers\":[\"blobs/sha256/$layer\"]}"
    printf '%s' "{\"schemaVersion\":2,\"mediaType\":\"$media.manifest.v1+json\"," \
        "\"config\":{\"mediaType\":\"$media.config.v1+json\",$descriptor}," \
        "\"layers\":[{\"mediaType\":\"$media.layer.v1.tar\",$layer_descriptor}]}" >"$work/blob"
    blob "$work/blob"
    manifests="$manifests${manifests:+,}{\"mediaType\":\"$media.manifest.v1+json\",$descriptor"
    manifests="$manifests,\"platform\":{\"architecture\":\"$architecture\",\"os\":\"linux\"}}"
done
printf '%s' "{\"schemaVersion\":2,\"mediaType\":\"$media.index.v1+json\",\"manifests\":[$manifests]}" >"$work/blob"
blob "$work/blob"
printf '%s' "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"$media.index.v1+json\",$descriptor," \
    "\"annotations\":{\"org.opencontainers.image.ref.name\":\"unisolate:$version\"}}]}" >"$work/image/index.json"
printf '%s' '{"imageLayoutVersion":"1.0.0"}' >"$work/image/oci-layout"
printf '%s' "[$docker]" >"$work/image/manifest.json"
chmod -R u=rwX,go=rX "$work/image"
pack "$work/image" blobs index.json manifest.json oci-layout >"$result"
